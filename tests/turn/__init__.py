"""What a turn takes and gives."""
