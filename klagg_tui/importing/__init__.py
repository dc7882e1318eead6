"""Recorded trades and bars, from files into the store."""
