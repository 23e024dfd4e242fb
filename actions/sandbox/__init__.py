"""Sandbox departments: real HTTP services with their own data, for demos and tests."""
