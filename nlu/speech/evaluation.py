"""`seva speech evaluate`: how well a speech model hears a team's own recordings.

Error rates are edits per word or letter of what was said, summed over the recordings (Levenshtein).
Words and letters are compared normalised, in lower case and without punctuation. The phonetic rate
compares sounds without spaces (`nlu.text.fold`): what the classifier sees, and the only fair one
for a model that writes Telugu and Hindi in Latin letters.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regex
from rapidfuzz.distance import Levenshtein

from nlu.speech.errors import SpeechError
from nlu.speech.manifest import Recording
from nlu.speech.transcript import Transcript
from nlu.text import fold, normalise

_PUNCTUATION = regex.compile(r"[\p{P}\p{S}]+")

Hear = Callable[[Path, "str | None"], Transcript]
Understand = Callable[[Transcript], Mapping[str, Any]]  # the answer of `/parse/voice`
STARTED = "route"  # the decision that starts a service


@dataclass(frozen=True)
class Heard:
    """A recording, its transcript (None where it could not be heard: `error` says why), the
    intents understood, best first (None where none was asked for), and the decision ("" where
    nothing was understood)."""

    recording: Recording
    transcript: Transcript | None
    error: str = ""
    services: tuple[str, ...] | None = None
    decision: str = ""


def listen(
    recordings: Iterable[Recording],
    hear: Hear,
    *,
    saved_language: bool = False,
    understand: Understand | None = None,
) -> Iterable[Heard]:
    """Hears one recording after the other. With `saved_language` the citizen's language is known
    beforehand. What cannot be heard is counted, not raised."""
    for recording in recordings:
        try:
            transcript = hear(recording.file, recording.language if saved_language else None)
        except SpeechError as error:
            yield Heard(recording, None, f"{error.code}: {error}")
            continue
        services: tuple[str, ...] | None = None
        decision = ""
        if understand is not None and recording.service:
            services = ()
            if transcript.text:
                answer = understand(transcript)
                services = tuple(row["name"] for row in answer["intent_ranking"])
                decision = answer["decision"]["kind"]
        yield Heard(recording, transcript, services=services, decision=decision)


def scores(heard: Sequence[Heard]) -> dict[str, Any]:
    """Rates over some recordings; None where nothing can be said. `started` counts those that start
    a service, `real_time_factor` is seconds of hearing per second of recording."""
    said = [_plain(one.recording.text) for one in heard]
    written = [_plain(one.transcript.text if one.transcript else "") for one in heard]
    asked = [one for one in heard if one.services is not None]
    seconds = sum(one.transcript.duration_s for one in heard if one.transcript)
    return {
        "recordings": len(heard),
        "unheard": sum(not (one.transcript and one.transcript.text) for one in heard),
        "wer": _rate([(a.split(), b.split()) for a, b in zip(said, written)]),
        "cer": _rate([(a.replace(" ", ""), b.replace(" ", "")) for a, b in zip(said, written)]),
        "phonetic_cer": _rate([(_sound(a), _sound(b)) for a, b in zip(said, written)]),
        "language": _share(
            [bool(o.transcript and o.transcript.language == o.recording.language) for o in heard]
        ),
        "top_1": _share([o.recording.service in (o.services or ())[:1] for o in asked]),
        "top_3": _share([o.recording.service in (o.services or ())[:3] for o in asked]),
        "started": sum(o.decision == STARTED for o in asked) if asked else None,
        "wrongly_started": sum(_started_wrongly(o) for o in asked) if asked else None,
        "real_time_factor": round(
            sum(one.transcript.elapsed_s for one in heard if one.transcript) / seconds, 3
        )
        if seconds
        else None,
    }


def _started_wrongly(one: Heard) -> bool:
    return one.decision == STARTED and one.recording.service not in (one.services or ())[:1]


def by_language(heard: Sequence[Heard]) -> dict[str, dict[str, Any]]:
    """`scores` of each language, and of `all`."""
    languages = sorted({one.recording.language for one in heard})
    groups = {name: [o for o in heard if o.recording.language == name] for name in languages}
    return {name: scores(some) for name, some in [*groups.items(), ("all", heard)]}


def _plain(text: str) -> str:
    return " ".join(_PUNCTUATION.sub(" ", normalise(text).text.lower()).split())


def _sound(text: str) -> str:
    return fold(text).replace(" ", "")


def _rate(pairs: Sequence[tuple[Sequence[str], Sequence[str]]]) -> float | None:
    length = sum(len(said) for said, _ in pairs)
    edits = sum(Levenshtein.distance(said, written) for said, written in pairs)
    return round(edits / length, 4) if length else None


def _share(right: Sequence[bool]) -> float | None:
    return round(sum(right) / len(right), 4) if right else None


MEASURES: Mapping[str, str] = {
    "recordings": "recordings",
    "unheard": "unheard",
    "wer": "WER",
    "cer": "CER",
    "phonetic_cer": "phonetic CER",
    "language": "language",
    "top_1": "top-1",
    "top_3": "top-3",
    "started": "service started",
    "wrongly_started": "a wrong one",
    "real_time_factor": "RTF",
}


def print_table(found: Mapping[str, Mapping[str, Any]]) -> None:
    """A line a measure, a column a language."""
    from rich.console import Console
    from rich.table import Table

    table = Table("", *found)
    for key, title in MEASURES.items():
        cells = ("-" if row[key] is None else str(row[key]) for row in found.values())
        table.add_row(title, *cells)
    Console().print(table)


def evaluate_command(
    manifest: Path,
    *,
    model: str | None = None,
    saved_language: bool = False,
    details: Path | None = None,
    json_output: bool = False,
    understand: Understand | None = None,
) -> int:
    """`seva speech evaluate`. Returns 0, or 1 where manifest or model are at fault."""
    from rich.progress import track

    from nlu.speech.errors import SpeechModelError
    from nlu.speech.manifest import ManifestError, read_manifest
    from nlu.speech.settings import load_settings
    from nlu.speech.transcriber import Transcriber

    try:
        recordings = read_manifest(manifest)
        settings = load_settings()
        transcriber = Transcriber.load(settings.hearing_with(model) if model else settings)
    except (ManifestError, SpeechModelError) as error:
        print(error, file=sys.stderr)
        return 1
    progress = track(recordings, "Hearing", console=_stderr(), disable=json_output)
    heard = list(
        listen(
            progress,
            transcriber.transcribe,
            saved_language=saved_language,
            understand=understand,
        )
    )
    found = by_language(heard)
    if details:
        details.write_text("".join(_line(one) for one in heard), "utf-8")
    if json_output:
        document = {"manifest": str(manifest), "model": model, "scores": found}
        print(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        print_table(found)
        for one in heard:
            if one.error:
                print(f"{one.recording.file}: {one.error}", file=sys.stderr)
    return 0


def _stderr() -> Any:
    from rich.console import Console

    return Console(stderr=True)


def _line(one: Heard) -> str:
    transcript = one.transcript.as_json() if one.transcript else None
    row = {
        "file": str(one.recording.file),
        "said": one.recording.text,
        "transcript": transcript,
        "error": one.error or None,
        "service": one.recording.service or None,
        "services": one.services,
    }
    return json.dumps(row, ensure_ascii=False) + "\n"
