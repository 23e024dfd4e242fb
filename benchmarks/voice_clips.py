"""Recordings for `seva benchmark voice`: hold-out sentences said by offline voices.

They are rendered once into the cache: Opus at 16 kbit/s as WhatsApp sends it, clean and with
babble, other sentences of other voices talking at once, at 10 dB below the speech.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
import zlib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlu.catalogue import Catalogue
from nlu.paths import cache_folder
from nlu.speech.audio import Samples, opus
from nlu.speech.synthesis import SynthesisError, open_voice
from nlu.speech.synthesis.voices import load_voices

CONDITIONS = ("clean", "babble")
BABBLE_DB = 10.0  # the speech is so much louder
_TALKERS = 6
_LONGEST = 100  # characters of a sentence


@dataclass(frozen=True)
class Sentence:
    """A sentence that asks for a service."""

    service: str
    language: str
    text: str


@dataclass(frozen=True)
class Clip:
    """A sentence said by a voice, as it is or with babble."""

    sentence: Sentence
    voice: str
    condition: str
    file: Path


def sentences(
    catalogue: Catalogue, language: str, count: int, part: str = "holdout"
) -> list[Sentence]:
    """`count` sentences of a `part` (holdout or development) that nothing is trained on.

    In the language's own script, of as many services as there are. Which ones depends on the
    sentences alone. None has digits: what a voice makes of them is its own affair.
    """
    own: list[list[str]] = []
    names: list[str] = []
    for name, service in catalogue.services.items():
        texts = [
            u.text for u in getattr(service, part).get(language, ()) if _sayable(u.text, language)
        ]
        own.append(sorted(texts, key=_draw))
        names.append(name)
    rounds = [
        Sentence(name, language, texts[turn])
        for turn in range(max(map(len, own), default=0))
        for _, name, texts in sorted(
            (_draw(name + language), name, texts) for name, texts in zip(names, own)
        )
        if turn < len(texts)
    ]
    return rounds[:count]


def _draw(text: str) -> int:
    return zlib.crc32(text.encode())


def _sayable(text: str, language: str) -> bool:
    if len(text) > _LONGEST or any(sign.isdigit() for sign in text):
        return False
    return language == "en" or not any("a" <= sign.lower() <= "z" for sign in text)


def clips(wanted: Sequence[Sentence], *, workers: int | None = None) -> list[Clip]:
    """Every sentence by each voice of its language, clean and with babble; missing ones are made.

    Raises SynthesisError where a voice is not installed. A sentence that a voice cannot say has no
    clip of it; stderr says how many.
    """
    from rich.console import Console
    from rich.progress import track

    folder = cache_folder() / "voice-benchmark"
    folder.mkdir(parents=True, exist_ok=True)
    voices = load_voices()
    for names in voices.benchmark.values():
        for name in names:
            open_voice(name, voices)
    jobs = [
        (sentence, name, folder / f"{_key(sentence, name)}.npy")
        for sentence in wanted
        for name in voices.benchmark[sentence.language]
    ]
    missing = [job for job in jobs if not job[2].is_file()]
    if missing:
        console = Console(stderr=True)
        with ProcessPoolExecutor(workers or os.cpu_count() or 1) as pool:
            for _ in track(
                pool.map(_render, missing), "Rendering", total=len(missing), console=console
            ):
                pass
    spoken = [job for job in jobs if job[2].is_file() and job[2].stat().st_size]
    if len(spoken) < len(jobs):
        print(f"{len(jobs) - len(spoken)} sentences could not be said", file=sys.stderr)
    made = []
    for sentence, name, raw in spoken:
        others = [other for _, voice, other in spoken if voice != name]
        for condition in CONDITIONS:
            file = raw.with_name(f"{raw.stem}-{condition}.ogg")
            if not file.is_file():
                samples: Samples = np.load(raw)
                if condition == "babble":
                    samples = with_babble(samples, _talkers(raw, others))
                file.write_bytes(opus(samples))
            made.append(Clip(sentence, name, condition, file))
    return made


def with_babble(
    speech: Samples, talkers: Sequence[Samples], decibels: float = BABBLE_DB
) -> Samples:
    """Speech with `talkers` beneath it, all samples at one rate, `decibels` quieter in power."""
    babble = sum(np.resize(talker, len(speech)) for talker in talkers)
    assert isinstance(babble, np.ndarray)
    power = float(np.mean(speech**2)) / max(float(np.mean(babble**2)), 1e-12)
    mixed = speech + babble * np.sqrt(power / 10 ** (decibels / 10))
    return (mixed / max(1.0, float(np.abs(mixed).max()))).astype(np.float32)


def _talkers(file: Path, others: Sequence[Path]) -> list[Samples]:
    chosen = random.Random(file.stem).sample(list(others), min(_TALKERS, len(others)))
    return [np.load(other) for other in chosen]


def _key(sentence: Sentence, voice: str) -> str:
    return hashlib.sha256(f"{voice}\n{sentence.text}".encode()).hexdigest()[:16]


_open: dict[str, Any] = {}


def _render(job: tuple[Sentence, str, Path]) -> None:
    """An empty file stands for a sentence that the voice cannot say."""
    sentence, name, file = job
    voice = _open.setdefault(name, None) or open_voice(name)
    _open[name] = voice
    try:
        samples = voice.say(sentence.text)
    except SynthesisError:
        file.touch()
        return
    work = file.with_suffix(".part.npy")
    np.save(work, samples)
    work.replace(file)
