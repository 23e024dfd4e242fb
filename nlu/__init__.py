"""Understanding: catalogue, text, slots, encoder, classifier, Rasa components, speech."""
