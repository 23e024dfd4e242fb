"""Deliveries of WhatsApp over HTTP, the processes that send them, and what they are held against:
the parts of `seva benchmark ingest`."""
