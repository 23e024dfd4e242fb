"""Tests of `seva doctor`: each seeds a real misconfiguration and reads what is said of it."""
