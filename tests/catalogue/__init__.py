"""Tests of nlu.catalogue."""
