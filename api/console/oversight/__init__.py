"""Who may come in, and what was done."""
