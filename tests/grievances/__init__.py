"""Tests of grievances: routing, words, the sandbox through the real connector."""
