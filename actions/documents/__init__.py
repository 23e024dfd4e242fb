"""Signed documents for citizens: they are issued, printed, registered, logged and checked here."""
