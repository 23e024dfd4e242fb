"""Rasa in the serving processes: the only door to it, and what makes it fast there."""
