"""Messages to read: one card at a time, all of them, what is disputed, how far readers agree."""
