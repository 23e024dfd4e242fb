"""`seva status`: the roles of this machine, as their own health and metrics tell of them."""
