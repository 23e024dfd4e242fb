"""`seva benchmark voice`: from a spoken hold-out sentence to the service it asks for.

Offline voices (`make voices`) say hold-out sentences of the catalogue; the recordings go through
Whisper and the live model as a voice note does. Beside it stand the same sentences as text, and
the same transcripts under a model without machines for transcripts (`before`): the difference is
what `seva speech augment` and these are worth. A clip in which nothing was understood is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks import command
from benchmarks.machine import machine
from benchmarks.voice_clips import CONDITIONS, Clip, Sentence, clips, sentences
from nlu.catalogue import load_catalogue
from nlu.fast_yaml import load_yaml
from nlu.speech.evaluation import Recording, RecordingResult, scores
from nlu.speech.pool import HearingPool
from nlu.speech.synthesis import SynthesisError
from nlu.speech.synthesis.voices import load_voices
from nlu.speech.transcript import Transcript

ROOT = Path(__file__).resolve().parents[1]
SENTENCES = 60
THRESHOLDS = (0.75, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99)


@dataclass(frozen=True)
class Understood:
    """The ranking of one text under one model, and how long that took."""

    services: tuple[str, ...]
    decision: str
    seconds: float
    confidence: float = 0.0


def without_heard(config: str) -> str:
    """A config.yml whose training hears nothing: transcripts are ranked like written words."""
    read = load_yaml(config)
    for component in read["pipeline"]:
        if "spoken" in component:
            component["spoken"]["languages"] = []
    return yaml.safe_dump(read, sort_keys=False, allow_unicode=True)


def trained_before() -> Path:
    """The model without machines for transcripts, trained unless the cache has it. Raises
    RuntimeError."""
    from nlu.paths import cache_folder

    models = cache_folder() / "voice-benchmark-models"
    with tempfile.TemporaryDirectory() as work:
        config = Path(work) / "config.yml"
        config.write_text(without_heard((ROOT / "config.yml").read_text("utf-8")), "utf-8")
        environment = {**os.environ, "SEVA_CONFIG": str(config), "SEVA_MODELS_DIR": str(models)}
        print("Training the model before", file=sys.stderr)
        command = [sys.executable, "-m", "nlu.cli", "train", "--json"]
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    if done.returncode:
        raise RuntimeError("the model before could not be trained; see above")
    return models / json.loads(done.stdout)["id"]


async def heard(some: Sequence[Clip], *, saved: bool, workers: int) -> list[Any]:
    """A transcript of each clip, by the pool that serves citizens, with `workers` processes."""
    from rich.console import Console
    from rich.progress import Progress

    pool = HearingPool(workers, waiting=len(some))
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("Hearing", total=len(some))

        async def hear(clip: Clip) -> Any:
            language = clip.sentence.language if saved else None
            found = await pool.transcribe(clip.file.read_bytes(), language)
            progress.advance(task)
            return found

        try:
            return list(await asyncio.gather(*map(hear, some)))
        finally:
            await pool.close()


async def understood(
    model: Path, transcripts: Sequence[Transcript], texts: Sequence[str]
) -> list[Understood | None]:
    """What a model makes of each transcript and then of each text; None for an empty one."""
    from nlu.components.project import catalogue_folder
    from nlu.engine.rasa_engine import Engine

    engine = await Engine.load(model, data_dir=catalogue_folder("data"))
    found: list[Understood | None] = []
    for asked in (*transcripts, *texts):
        if not (asked if isinstance(asked, str) else asked.text).strip():
            found.append(None)
            continue
        began = time.perf_counter()
        if isinstance(asked, str):
            answer = await engine.parse(asked)
        else:
            answer = await engine.parse_heard(asked.readings())
        took = time.perf_counter() - began
        ranking = tuple(row["name"] for row in answer["intent_ranking"])
        sure = float(answer["intent_ranking"][0]["confidence"]) if ranking else 0.0
        found.append(Understood(ranking, answer["decision"]["kind"], took, sure))
    return found


def row(
    some: Sequence[Clip], transcripts: Sequence[Any], answers: Sequence[Understood | None]
) -> dict[str, Any]:
    """Measures of clips of one kind; seconds of the turn include understanding."""
    rows = [
        RecordingResult(
            Recording(c.file, c.sentence.language, c.sentence.text, c.sentence.service, c.voice),
            transcript,
            services=answer.services if answer else (),
        )
        for c, transcript, answer in zip(some, transcripts, answers)
    ]
    found = scores(rows)
    spent = sum(t.elapsed_s for t in transcripts) + sum(a.seconds for a in answers if a)
    length = sum(t.duration_s for t in transcripts)
    return {**found, "turn_real_time_factor": round(spent / length, 3) if length else None}


def text_row(some: Sequence[Sentence], answers: Sequence[Understood | None]) -> dict[str, float]:
    """The same sentences written."""
    places = [s.service for s in some]
    return {
        "top_1": _share([a is not None and n in a.services[:1] for n, a in zip(places, answers)]),
        "top_3": _share([a is not None and n in a.services[:3] for n, a in zip(places, answers)]),
    }


def at_once(some: Sequence[Clip], answers: Sequence[Understood | None]) -> list[dict[str, float]]:
    """For each threshold of the confidence: the share of clips whose service would start without
    a question (`voice_sure` of data/dialogue.yml), and how many of these are the wrong one."""
    found = []
    for threshold in THRESHOLDS:
        started = [
            (clip, answer)
            for clip, answer in zip(some, answers)
            if answer and answer.decision == "route" and answer.confidence >= threshold
        ]
        wrong = sum(answer.services[0] != clip.sentence.service for clip, answer in started)
        share = round(len(started) / max(1, len(some)), 3)
        found.append({"threshold": threshold, "share": share, "wrong": wrong})
    return found


def _share(right: Sequence[bool]) -> float:
    return round(sum(right) / max(1, len(right)), 4)


def run(
    count: int, *, before: bool, saved: bool, workers: int, part: str = "holdout"
) -> dict[str, Any]:
    """The document that `--json` prints. Raises FileNotFoundError without a live model,
    SynthesisError without voices and RuntimeError when training fails."""
    from nlu.components.project import catalogue_folder
    from nlu.paths import models_folder
    from nlu.registry import live_release

    facts = machine()
    models = {"after": live_release(models_folder()).model}
    if before:
        models = {"before": trained_before(), **models}
    catalogue, languages = load_catalogue(catalogue_folder("data")), load_voices().benchmark
    said = [s for language in languages for s in sentences(catalogue, language, count, part)]
    made = clips(said, workers=workers)
    transcripts = asyncio.run(heard(made, saved=saved, workers=workers))
    texts = [s.text for s in said]
    found = {
        name: asyncio.run(understood(model, transcripts, texts)) for name, model in models.items()
    }
    rows = []
    for language in languages:
        for condition in CONDITIONS:
            for voice in (
                None,
                *sorted({c.voice for c in made if c.sentence.language == language}),
            ):
                places = [
                    i
                    for i, clip in enumerate(made)
                    if clip.sentence.language == language
                    and clip.condition == condition
                    and voice in (None, clip.voice)
                ]
                for name in models:
                    measured = row(
                        [made[i] for i in places],
                        [transcripts[i] for i in places],
                        [found[name][i] for i in places],
                    )
                    kind = {"language": language, "condition": condition, "voice": voice or "all"}
                    rows.append({**kind, "model": name, "measured": measured})
    written = {
        name: {
            language: text_row(
                [s for s in said if s.language == language],
                [a for s, a in zip(said, answers[len(made) :]) if s.language == language],
            )
            for language in languages
        }
        for name, answers in found.items()
    }
    return {
        "sentences": {lang: sum(s.language == lang for s in said) for lang in languages},
        "part": part,
        "at_once": {
            language: at_once(
                *zip(
                    *(
                        (clip, answer)
                        for clip, answer in zip(made, found["after"])
                        if clip.sentence.language == language and clip.condition == "clean"
                    )
                )
            )
            for language in languages
        },
        "saved_language": saved,
        "processes": workers,
        "rows": rows,
        "text": written,
        "machine": facts,
    }


def lines(document: Mapping[str, Any]) -> Iterator[str]:
    """The table."""
    counts = ", ".join(f"{key} {n}" for key, n in document["sentences"].items())
    known = "known" if document["saved_language"] else "not known"
    yield f"{document['part']} sentences: {counts}; the citizen's language is {known} beforehand"
    heads = ("top-1", "top-3", "language", "unheard", "CER", "RTF")
    yield f"{'':4}{'':8}{'voice':14}{'model':8}" + "".join(f"{head:>10}" for head in heads)
    for one in document["rows"]:
        m = one["measured"]
        cells = (m["top_1"], m["top_3"], m["language"], m["unheard"], m["phonetic_cer"])
        turn = m["turn_real_time_factor"]
        yield (
            f"{one['language']:4}{one['condition']:8}{one['voice']:14}{one['model']:8}"
            + "".join(f"{cell!s:>10}" for cell in (*cells, turn))
        )
    for name, by_language in document["text"].items():
        for language, m in by_language.items():
            yield f"{language:4}{'text':8}{'-':14}{name:8}{m['top_1']:>10}{m['top_3']:>10}"
    yield "clean clips that start a service without a question, and wrong ones among them:"
    for language, thresholds in document["at_once"].items():
        parts = (f"{t['threshold']:g}: {t['share']:.0%}/{t['wrong']}" for t in thresholds)
        yield f"{language:4}" + "  ".join(parts)


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark voice`."""
    parser = argparse.ArgumentParser(
        prog="seva benchmark voice",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sentences", type=int, default=SENTENCES, help="of each language")
    parser.add_argument("--no-before", action="store_true", help="the live model only")
    parser.add_argument(
        "--saved-language", action="store_true", help="each citizen's language is known"
    )
    parser.add_argument(
        "--development",
        action="store_true",
        help="development sentences, to choose `voice_sure` by",
    )
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="processes that hear"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args(list(argv))
    if given.sentences < 1 or given.workers < 1:
        parser.error("--sentences and --workers take numbers from 1")
    return command.finish(
        lambda: run(
            given.sentences,
            before=not given.no_before,
            saved=given.saved_language,
            workers=given.workers,
            part="development" if given.development else "holdout",
        ),
        lines,
        as_json=given.json,
        failures=(FileNotFoundError, RuntimeError, SynthesisError),
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
