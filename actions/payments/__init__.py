"""Payments: opened once for a bill, believed only by looking up, followed to their end."""
