"""The durable inbox and outbox: nothing lost, nothing answered twice, order kept per citizen."""
