"""A WhatsApp Cloud API on one machine, with a chat page: for demos and tests, never a model."""
