"""Tests of the linear classifiers and of the decision."""
