"""The addresses that `seva serve` answers."""
