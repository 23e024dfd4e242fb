"""Commands of the data team, and of sealing keys. Heavy things are imported inside them."""
