"""Bytes to and from an exchange: sockets, frames, proxies, its clock and what may be asked of it."""
