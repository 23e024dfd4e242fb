"""Names under which the importer leaves the catalogue's facts on a training example."""

KEY = "key"
COPY = "copy"  # how a varied copy was made, such as "romanised"
SOURCE = "source"  # the text of the utterance that a copy was made of
HELD_BACK = "held_back"  # true where nothing is learned from the example, which calibrates
