"""The whole product on one machine, with a simulated WhatsApp. No product module imports it."""
