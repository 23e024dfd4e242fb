"""HTTP surface, WhatsApp, the durable inbox and the worker."""
