"""What processes keep on disk: how it is sealed, and how SQLite files are shared."""
