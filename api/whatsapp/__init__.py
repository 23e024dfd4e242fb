"""WhatsApp: reads its webhook deliveries, and sends messages with the Cloud API."""
