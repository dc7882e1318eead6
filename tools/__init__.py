"""What the project needs now and then and never at run time."""
