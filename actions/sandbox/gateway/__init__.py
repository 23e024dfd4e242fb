"""The sandbox's payment gateway: orders, a page to pay them, an API, signed callbacks, faults."""
