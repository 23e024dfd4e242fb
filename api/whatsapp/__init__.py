"""WhatsApp: what its deliveries say, and how to answer."""
