"""One command each, `seva benchmark NAME`: machine, versions and a peer of the same run."""
