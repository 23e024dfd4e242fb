"""Tests on Rasa and the real encoder (slow)."""
