"""What several commands have in common: options, settings, progress, tables."""
