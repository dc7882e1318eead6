"""Exchanges: what each provides, its messages and protocol, and the connections they come through."""
