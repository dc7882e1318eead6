"""The disk: the local database, public archives, exported files."""
