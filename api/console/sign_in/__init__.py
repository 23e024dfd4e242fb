"""How somebody comes in, and out again."""
