"""From a misunderstood message to a better model, in a browser."""
