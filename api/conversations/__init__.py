"""The channel for backends that bring their own: they post messages and fetch the replies."""
