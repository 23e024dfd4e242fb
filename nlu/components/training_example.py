"""Names under which the importer leaves the catalogue's facts on a training example."""

KEY = "key"
