"""What screens are put together from: one widget a file."""
