"""The local database: SQLite, and nothing else."""
