"""Several processes of `seva serve` behind one port."""
