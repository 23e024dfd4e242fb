"""Rasa custom actions, the dialogue, department connectors and the sandbox departments."""
