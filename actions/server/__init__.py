"""The action server: its process and listeners, what is loaded once, work in the background."""
