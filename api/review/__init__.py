"""Messages that a person should read: which come, as which cards, and what readers decided."""
