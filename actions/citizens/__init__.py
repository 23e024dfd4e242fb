"""What is kept of a citizen beyond a conversation: profile, requests handed over to a person."""
