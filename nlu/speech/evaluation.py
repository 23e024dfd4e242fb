"""`seva speech evaluate`: how well a speech model hears a team's own recordings.

A manifest lists the recordings: file, language, what was said, and the service that was asked for.
Error rates are edits per word or letter of what was said, summed over the recordings (Levenshtein).
Words and letters are compared normalised, in lower case and without punctuation. The phonetic rate
compares sounds without spaces (`nlu.text.fold`). The classifier sees these, and they are the only
fair measure for a model that writes Telugu and Hindi in Latin letters.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regex
from rapidfuzz.distance import Levenshtein

from nlu.speech.errors import SpeechError
from nlu.speech.transcript import Transcript
from nlu.text import fold, normalise

_NEEDED = ("file", "language", "text")
_OPTIONAL = ("service", "voice")
_PUNCTUATION = regex.compile(r"[\p{P}\p{S}]+")
Hear = Callable[[Path, "str | None"], Transcript]
Understand = Callable[[Transcript], Mapping[str, Any]]  # the answer of `/parse/voice`
STARTED = "route"  # the decision that starts a service
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


class ManifestError(ValueError):
    """A manifest has a fault. The message names file, line and what to do."""


@dataclass(frozen=True)
class Recording:
    """A recording of a manifest. `file` is absolute; `text` is what was said, in any script.

    `service` and `voice` may be empty.
    """

    file: Path
    language: str
    text: str
    service: str = ""
    voice: str = ""


def read_manifest(path: Path) -> list[Recording]:
    """Reads tab-separated UTF-8. Raises ManifestError.

    The first line names the columns: file, language, text and, if known, service and voice. Files
    are relative to the manifest.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path}: {error}") from error
    rows = list(_rows(path, text))
    if not rows:
        raise ManifestError(f"{path}:1: no recordings in it; a line has file, language and text")
    return rows


@dataclass(frozen=True)
class RecordingResult:
    """A recording and what became of it.

    `transcript` is None if it could not be heard; `error` says why. `services` are the intents that
    were understood, best first, or None if the recording asks for no service. `decision` is empty
    if nothing was understood.
    """

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
) -> Iterable[RecordingResult]:
    """Hears one recording after the other. With `saved_language` its language is known before.

    A recording that cannot be heard gives a result with an error; nothing is raised.
    """
    for recording in recordings:
        try:
            transcript = hear(recording.file, recording.language if saved_language else None)
        except SpeechError as error:
            yield RecordingResult(recording, None, f"{error.code}: {error}")
            continue
        services: tuple[str, ...] | None = None
        decision = ""
        if understand is not None and recording.service:
            services = ()
            if transcript.text:
                answer = understand(transcript)
                services = tuple(row["name"] for row in answer["intent_ranking"])
                decision = answer["decision"]["kind"]
        yield RecordingResult(recording, transcript, services=services, decision=decision)


def scores(heard: Sequence[RecordingResult]) -> dict[str, Any]:
    """Rates over some recordings. A rate is None if nothing can be said about it.

    `started` counts the recordings that start a service; `real_time_factor` is seconds of hearing
    per second of recording.
    """
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


def by_language(heard: Sequence[RecordingResult]) -> dict[str, dict[str, Any]]:
    """The `scores` of each language, and of `all`."""
    languages = sorted({one.recording.language for one in heard})
    groups = {name: [o for o in heard if o.recording.language == name] for name in languages}
    return {name: scores(some) for name, some in [*groups.items(), ("all", heard)]}


def print_table(found: Mapping[str, Mapping[str, Any]]) -> None:
    """Prints a line for each measure and a column for each language."""
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
    """`seva speech evaluate`. Returns 0, or 1 if manifest or model are at fault."""
    from rich.progress import track

    from nlu.speech.errors import SpeechModelError
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


def _rows(path: Path, text: str) -> Iterator[Recording]:
    reader = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    columns = reader.fieldnames or ()
    lacking = [name for name in _NEEDED if name not in columns]
    if lacking:
        raise ManifestError(
            f"{path}:1: no column {', '.join(lacking)}; the first line names the columns, "
            f"separated by tabs: {' '.join(_NEEDED)} and, if known, {' '.join(_OPTIONAL)}"
        )
    for row in reader:
        if None in row or None in row.values():
            raise ManifestError(f"{path}:{reader.line_num}: {len(columns)} columns are expected")
        for name in _NEEDED:
            if not row[name].strip():
                raise ManifestError(f"{path}:{reader.line_num}: {name} is empty")
        file = (path.parent / row["file"]).absolute()
        if not file.is_file():
            raise ManifestError(f"{path}:{reader.line_num}: there is no file {file}")
        values = {name: (row.get(name) or "").strip() for name in (*_NEEDED, *_OPTIONAL)}
        yield Recording(**{**values, "file": file})  # type: ignore[arg-type]


def _started_wrongly(one: RecordingResult) -> bool:
    return one.decision == STARTED and one.recording.service not in (one.services or ())[:1]


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


def _stderr() -> Any:
    from rich.console import Console

    return Console(stderr=True)


def _line(one: RecordingResult) -> str:
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
