"""Well-known clients of the exchange, pointed at the simulated one."""
