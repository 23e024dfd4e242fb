"""Shadow mode: a candidate understands live messages beside the live model, and answers nobody."""
