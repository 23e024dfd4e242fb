"""One command each: `seva benchmark NAME`. Each prints machine, versions and a peer of the same run."""
