"""The exchange's public archive as the simulated market fills it: a bucket of files, its listing, and what goes wrong there."""
