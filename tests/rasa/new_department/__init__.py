"""A department is connected by YAML alone."""
