"""Commands of the WhatsApp side. Heavy things are imported inside them."""
