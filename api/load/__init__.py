"""`seva load`: citizens from the catalogue write to a deployment, and its latency is drawn."""
