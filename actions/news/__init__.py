"""What a citizen is told without having asked just now: late answers, waits, words of staff."""
