"""What people see in the terminal: one screen a file, put together from widgets."""
