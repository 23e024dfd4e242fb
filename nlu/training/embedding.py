"""Embeds the training texts beside the training itself: `python -m nlu.training.embedding CONFIG`.

Rasa's start and its handling of the training data keep one core busy and the others idle. A process
of its own fills the vector cache meanwhile; the encoder's component then waits for it, if it must,
and finds every vector there. Nothing depends on this process: without it the component embeds.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nlu.paths import data_folder


@contextmanager
def beside(config: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Inside, a process embeds the texts that a config.yml trains on; it is ended at the exit."""
    command = [sys.executable, "-m", "nlu.training.embedding", str(config)]
    quiet = subprocess.DEVNULL
    same_data = {**os.environ, "SEVA_DATA_DIR": str(data_folder().absolute())}
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet, env=same_data)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def embed(config: Path) -> int:
    """Fills the cache with the vectors of all training texts; how many texts there are."""
    from nlu.augment.augmenter import training_set
    from nlu.classifier.traits import sentences
    from nlu.components.project import catalogue
    from nlu.encoder.onnx_encoder import OnnxEncoder, VectorCache
    from nlu.encoder.provision import configured, encoder_folder
    from nlu.fast_yaml import load_yaml
    from nlu.text import normalise

    read: dict[str, Any] = load_yaml(config.read_text("utf-8"))
    importers = [i for i in read.get("importers") or () if i["name"].endswith(".CatalogueImporter")]
    texts: dict[str, None] = {}
    for importer in importers:
        known = catalogue(importer.get("catalogue", "data"))
        for learned in training_set(known, importer.get("augment") or {}):
            texts |= {normalise(text).text: None for text in learned.texts}
        for trait in known.traits.values():
            texts |= {normalise(text).text: None for text, _, _ in sentences(trait)}
    encoder = OnnxEncoder(encoder_folder(configured(config)))
    VectorCache(encoder).encode(list(texts), workers=os.cpu_count() or 1)
    return len(texts)


if __name__ == "__main__":
    os.nice(5)  # Rasa goes first: what it does cannot be shared out
    embed(Path(sys.argv[1]))
