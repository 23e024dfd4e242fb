"""Checks of what the ground floor knows: environment, files, models, machine."""
