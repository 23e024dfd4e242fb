"""Linear classification over sentence vectors and character n-grams; no Rasa in here."""
