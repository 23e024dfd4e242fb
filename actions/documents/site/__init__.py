"""The verification page: what a clerk opens to see whether a document is real."""
