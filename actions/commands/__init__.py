"""Commands of the action server's side. Heavy things are imported inside them."""
