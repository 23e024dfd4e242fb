"""Processes that die, departments that are away, deliveries in disorder: the parts of
`seva benchmark chaos`."""
