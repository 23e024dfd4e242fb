"""`seva speech augment`: reads the catalogue to the speech model and keeps what it writes.

A speech model errs in its own way, and Whisper base may only write Latin letters: "Na karam to
billu chudali" is its electricity bill. Its transcripts join the training text of
the service that was asked for (kind `heard` of docs/augmentation.md). They are data, kept with
their provenance; what was heard before is not heard again.
"""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from nlu.augment.transcripts import FOLDER, HeardUtterance, read_heard, write_heard
from nlu.catalogue.errors import CatalogueError
from nlu.catalogue.model import Catalogue
from nlu.speech.errors import SpeechError
from nlu.speech.resampling import opus
from nlu.speech.synthesis import SynthesisError, Voice, open_voice
from nlu.speech.transcriber import Transcriber
from nlu.speech.upload import voice_file

_PARTS: tuple[Literal["utterances", "development"], ...] = ("utterances", "development")
_BLOCK = 24  # readings between two writings of the file


@dataclass(frozen=True)
class Reading:
    """An utterance to be read aloud."""

    intent: str
    text: str


def readings(
    catalogue: Catalogue,
    language: str,
    per_intent: int,
    longest: int,
    part: Literal["utterances", "development"] = "utterances",
) -> list[Reading]:
    """At most `per_intent` sentences of each intent's `part`, no longer than `longest` characters.

    Which ones depends on the sentences alone, so that a grown catalogue keeps its choice.
    """
    intents: Mapping[str, Any] = {**catalogue.services, **catalogue.conversation}
    found = []
    for name, intent in intents.items():
        own: Mapping[str, Sequence[Any]] = getattr(intent, part)
        texts = [u.text for u in own.get(language, ()) if len(u.text) <= longest]
        drawn = sorted(texts, key=lambda text: zlib.crc32(text.encode()))[:per_intent]
        found += [Reading(name, " ".join(text.split())) for text in drawn]
    return found


def hear(voice: Voice, transcriber: Transcriber, reading: Reading) -> HeardUtterance | None:
    """What the model writes, as from a voice note of a citizen whose language is known; None where
    the voice cannot read the text."""
    try:
        recording = opus(voice.say(reading.text))
    except SynthesisError:
        return None
    row = HeardUtterance(reading.intent, voice.language, voice.name, "", reading.text, "")
    try:
        with voice_file(recording) as path:
            found = transcriber.transcribe(path, voice.language)
    except SpeechError:
        return row
    return replace(row, model=found.model, transcript=found.text)


_process: dict[str, Any] = {}


def _start(voice: str) -> None:
    _process.update(voice=open_voice(voice), transcriber=Transcriber.load())


def _hear(reading: Reading) -> HeardUtterance | None:
    return hear(_process["voice"], _process["transcriber"], reading)


def _heard(voice: str, wanted: Sequence[Reading], workers: int) -> Iterator[Any]:
    """In the order of `wanted`; a process a core, each with a model of its own."""
    if workers <= 1:
        _start(voice)
        yield from map(_hear, wanted)
        return
    with ProcessPoolExecutor(workers, initializer=_start, initargs=(voice,)) as pool:
        yield from pool.map(_hear, wanted)


def augment_command(
    catalogue: Catalogue,
    voices: Mapping[str, int],
    *,
    development: int,
    longest: int,
    workers: int | None = None,
) -> int:
    """Brings the files of the voices up to date: of each intent as many utterances as `voices`
    tells, and `development` sentences of the development part, which only calibrate.

    Returns 0, or 1 where a voice is missing.
    """
    from rich.console import Console
    from rich.progress import track

    for name, per_intent in voices.items():
        file = catalogue.root / FOLDER / f"{name}.tsv"
        try:
            language = open_voice(name).language
            kept = {row.text: row for row in read_heard(file)}
        except (SynthesisError, CatalogueError) as error:
            print(error, file=sys.stderr)
            return 1
        wanted = [
            *readings(catalogue, language, per_intent, longest),
            *readings(catalogue, language, development, longest, "development"),
        ]
        intents = {
            r.text: r.intent
            for part in _PARTS
            for r in readings(catalogue, language, sys.maxsize, sys.maxsize, part)
        }
        now = {
            text: replace(row, intent=intents[text])
            for text, row in kept.items()
            if text in intents
        }
        new = [r for r in wanted if r.text not in now]
        console = Console(stderr=True)
        unread = 0
        heard = _heard(name, new, workers or os.cpu_count() or 1)
        for done, row in enumerate(track(heard, name, total=len(new), console=console), 1):
            unread += row is None
            if row is not None:
                now[row.text] = row
            if done % _BLOCK == 0:
                write_heard(file, now.values())
        write_heard(file, now.values())
        empty = sum(not row.transcript for row in now.values())
        print(
            f"{_shown(file)}: {len(now)} readings, {len(new)} of them new, "
            f"{empty} not understood; {unread} could not be read aloud"
        )
    return 0


def _shown(file: Path) -> Path:
    try:
        return file.relative_to(Path.cwd())
    except ValueError:
        return file
