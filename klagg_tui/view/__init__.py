"""What the screens draw, as values and pure functions: no terminal, no clock, no file."""
