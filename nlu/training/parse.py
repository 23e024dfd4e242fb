"""`seva parse`: what `/parse` answers, for one message or one recording, without a server."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


async def _live_engine() -> Any:
    """Raises FileNotFoundError without a live model."""
    from nlu.components.project import catalogue_folder
    from nlu.engine import Engine, live_model
    from nlu.training.registry import models_dir

    return await Engine.load(live_model(models_dir()), data_dir=catalogue_folder("data"))


async def _parse(text: str, language: str | None) -> dict[str, Any]:
    engine = await _live_engine()
    answer: dict[str, Any] = await engine.parse(text, language)
    return answer


def service_ranking() -> Callable[[str, str], list[str]]:
    """Asks the live model: a text and its language to services, best first. Raises
    FileNotFoundError without a live model."""
    loop = asyncio.new_event_loop()
    engine = loop.run_until_complete(_live_engine())

    def ranking(text: str, language: str) -> list[str]:
        answer = loop.run_until_complete(engine.parse(text, language))
        return [row["name"] for row in answer["intent_ranking"]]

    return ranking


def parse_command(
    text: str | None, audio: Path | None, language: str | None, json_output: bool
) -> int:
    """`seva parse TEXT` or `seva parse --audio FILE`."""
    transcript: dict[str, Any] | None = None
    if audio is not None:
        from nlu.speech.errors import SpeechError, SpeechModelError
        from nlu.speech.transcriber import Transcriber

        try:
            transcript = Transcriber.load().transcribe(audio, language).as_json()
        except (SpeechError, SpeechModelError, FileNotFoundError) as error:
            print(f"{audio}: {error}", file=sys.stderr)
            return 1
        text = transcript["text"]
    if not text or not text.strip():
        print("nothing to parse: the text is empty", file=sys.stderr)
        return 1
    try:
        answer = asyncio.run(_parse(text, language))
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    if transcript is not None:
        answer["transcript"] = transcript
    if json_output:
        print(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        _print(answer)
    return 0


def _print(answer: dict[str, Any]) -> None:
    from rich.console import Console

    out = Console()
    language, decision = answer["language"], answer["decision"]
    if "transcript" in answer:
        out.print(f"heard     {answer['transcript']['text']}")
    out.print(f"language  {language['key']} ({language['confidence']:.2f})")
    options = ", ".join(o["service"] for o in decision["options"])
    out.print(f"decision  {decision['kind']} {options}")
    for intent in answer["intent_ranking"][:3]:
        out.print(f"intent    {intent['confidence']:.3f}  {intent['name']}")
    for entity in answer["entities"]:
        out.print(f"slot      {entity['entity']} = {entity['value']}  ({entity['raw']})")
    out.print(f"model     {answer['model']}, {answer['elapsed_ms']} ms")
