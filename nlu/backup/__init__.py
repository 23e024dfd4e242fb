"""Backups: one moment of all stores in one encrypted file, and the way back (docs/backup.md)."""
