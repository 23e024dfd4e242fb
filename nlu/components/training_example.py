"""Names under which the importer leaves the catalogue's facts on a training example."""

KEY = "key"
ROMANISED = "romanised"  # a copy in Latin letters, made by the importer
