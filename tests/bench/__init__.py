"""What keeps and compares measurements."""
