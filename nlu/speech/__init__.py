"""Voice notes to text: validation, language, decoding by faster-whisper and honest refusals."""
