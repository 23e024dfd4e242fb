"""Tests of the registry, the scores and the comparison."""
