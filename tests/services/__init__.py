"""Every service of the catalogue, from its first question to its reply."""
