"""One file for each finding of the security review: what an attacker tries, and is refused."""
