"""Tests of the command seva."""
