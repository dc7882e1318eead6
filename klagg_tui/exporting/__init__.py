"""Bars out of the store, into files and pipes."""
