"""Questions and lists over a screen: one dialog a file, each gives back what was chosen."""
