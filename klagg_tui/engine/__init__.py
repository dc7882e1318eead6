"""Trades in, exact bars out. Pure: no clock, socket, file, thread or event loop."""
