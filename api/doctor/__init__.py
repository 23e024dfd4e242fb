"""What `seva doctor` looks at on the WhatsApp side: messages, listeners, keys of clients."""
