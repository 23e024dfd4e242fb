"""Tests of the sentence encoder, without its weights."""
