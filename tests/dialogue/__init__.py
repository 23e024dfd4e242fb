"""Tests of the dialogue as plain functions: no Rasa, no HTTP."""
