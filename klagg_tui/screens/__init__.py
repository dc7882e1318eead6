"""What people see: one screen or widget a file."""
