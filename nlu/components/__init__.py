"""Rasa graph components. Each wraps one thing of ours: text, encoder, classifier, slots."""
