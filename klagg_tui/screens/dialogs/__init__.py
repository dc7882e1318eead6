"""Questions and lists over a screen: one dialog a file, each returns what was chosen."""
