"""Tests of `seva demo`."""
