"""What a turn says and asks, as plain functions over a conversation's state; no Rasa in here."""
