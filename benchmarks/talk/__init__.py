"""Citizens made by chance, talking to the whole dialogue while departments and processes fail."""
