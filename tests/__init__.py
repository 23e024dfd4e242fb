"""Tests mirror the source. A package, so that tests/catalogue does not hide PyPI's `catalogue`."""
