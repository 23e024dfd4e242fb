"""Readers of public data sets, which stay outside the repository: files in, examples out."""
