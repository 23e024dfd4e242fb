"""`seva speech augment` reads the catalogue aloud to the speech model and keeps what it writes.

A speech model makes its own mistakes, and Whisper base may write only Latin letters: "Na karam to
billu chudali" is its electricity bill. Its transcripts join the training text of the intent (kind
`heard` of docs/augmentation.md). They are data and are kept with their origin. A sentence that was
heard before is not read again.
"""

from __future__ import annotations

import os
import sys
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from nlu.augment.transcripts import FOLDER, HeardUtterance, read_heard, write_heard
from nlu.catalogue.errors import CatalogueError
from nlu.catalogue.model import Catalogue
from nlu.speech.audio import opus
from nlu.speech.errors import SpeechError
from nlu.speech.synthesis import SynthesisError, Voice, open_voice
from nlu.speech.transcriber import Transcriber

_PARTS: tuple[Literal["utterances", "development"], ...] = ("utterances", "development")
_BLOCK = 24  # the file is written after so many sentences
_process: dict[str, Any] = {}


@contextmanager
def voice_file(data: bytes, suffix: str = ".ogg") -> Iterator[Path]:
    """A file with `data` that only this user may read (0600). It is deleted afterwards."""
    handle, name = tempfile.mkstemp(prefix="seva-voice-", suffix=suffix)  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


@dataclass(frozen=True)
class Sentence:
    """An utterance that a voice reads aloud."""

    intent: str
    text: str


def sentences(
    catalogue: Catalogue,
    language: str,
    per_intent: int,
    longest: int,
    part: Literal["utterances", "development"] = "utterances",
) -> list[Sentence]:
    """At most `per_intent` sentences of each intent's `part`, no longer than `longest` characters.

    The choice depends on the sentences alone, so that it stays when the catalogue grows.
    """
    intents: Mapping[str, Any] = {**catalogue.services, **catalogue.conversation}
    found = []
    for name, intent in intents.items():
        own: Mapping[str, Sequence[Any]] = getattr(intent, part)
        texts = [u.text for u in own.get(language, ()) if len(u.text) <= longest]
        drawn = sorted(texts, key=lambda text: zlib.crc32(text.encode()))[:per_intent]
        found += [Sentence(name, " ".join(text.split())) for text in drawn]
    return found


def hear(voice: Voice, transcriber: Transcriber, reading: Sentence) -> HeardUtterance | None:
    """What the model writes for a sentence, as if a citizen had sent it whose language is known.

    None if the voice cannot read the text.
    """
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


def augment_command(
    catalogue: Catalogue,
    voices: Mapping[str, int],
    *,
    development: int,
    longest: int,
    workers: int | None = None,
) -> int:
    """Updates the files of the voices.

    A voice reads as many utterances of each intent as `voices` says, and `development` sentences of
    the development part, which are only for calibration. Returns 0, or 1 if a voice is missing.
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
            *sentences(catalogue, language, per_intent, longest),
            *sentences(catalogue, language, development, longest, "development"),
        ]
        intents = {
            r.text: r.intent
            for part in _PARTS
            for r in sentences(catalogue, language, sys.maxsize, sys.maxsize, part)
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


def _start(voice: str) -> None:
    _process.update(voice=open_voice(voice), transcriber=Transcriber.load())


def _hear(reading: Sentence) -> HeardUtterance | None:
    return hear(_process["voice"], _process["transcriber"], reading)


def _heard(voice: str, wanted: Sequence[Sentence], workers: int) -> Iterator[Any]:
    """Hears sentences in the order of `wanted`. Each process has its own model."""
    if workers <= 1:
        _start(voice)
        yield from map(_hear, wanted)
        return
    with ProcessPoolExecutor(workers, initializer=_start, initargs=(voice,)) as pool:
        yield from pool.map(_hear, wanted)


def _shown(file: Path) -> Path:
    try:
        return file.relative_to(Path.cwd())
    except ValueError:
        return file
