"""The catalogue on a screen: every service, what is weak in it, and its words to be mended."""
