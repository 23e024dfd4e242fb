"""Speech: voice notes become text with faster-whisper, and replies become voice notes."""
