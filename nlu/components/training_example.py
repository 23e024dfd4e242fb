"""Names under which the importer leaves the catalogue's facts on a training example."""

KEY = "key"
COPY = "copy"  # how a varied copy was made, such as "romanised"
COPIED = "copied"  # true on an utterance that has copies, which therefore is never wholly left out
SOURCE = "source"  # the text of the utterance that a copy was made of
HELD_BACK = "held_back"  # true where a fine-tuned encoder did not learn from the example
