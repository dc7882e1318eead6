"""What goes wrong in the simulated exchange, and when."""
