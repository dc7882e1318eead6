"""People: one screen or widget a file."""
