"""`seva parse`: what `/parse` answers, for one message or one recording, without a server."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nlu.archive import ReleaseRefused
from nlu.speech.transcript import Transcript


async def _live_engine() -> Any:
    """Raises FileNotFoundError without a live model, and ReleaseRefused."""
    from nlu.engine.rasa_engine import Engine
    from nlu.paths import models_folder
    from nlu.registry import live_release

    release = live_release(models_folder())
    release.check()
    return await Engine.load(release.model, data_dir=release.data)


async def _parse(text: str, language: str | None) -> dict[str, Any]:
    engine = await _live_engine()
    answer: dict[str, Any] = await engine.parse(text, language)
    return answer


async def _parse_heard(transcript: Transcript, engine: Any = None) -> dict[str, Any]:
    engine = engine or await _live_engine()
    answer: dict[str, Any] = await engine.parse_heard(transcript.readings())
    return answer


def understanding() -> Callable[[Transcript], dict[str, Any]]:
    """Asks the live model what a transcript means, as `/parse/voice` answers. Raises
    FileNotFoundError without a live model."""
    loop = asyncio.new_event_loop()
    engine = loop.run_until_complete(_live_engine())
    return lambda transcript: loop.run_until_complete(_parse_heard(transcript, engine))


def parse_command(
    text: str | None, audio: Path | None, language: str | None, json_output: bool
) -> int:
    """`seva parse TEXT` or `seva parse --audio FILE`."""
    transcript: Transcript | None = None
    if audio is not None:
        from nlu.speech.errors import SpeechError, SpeechModelError
        from nlu.speech.transcriber import Transcriber

        try:
            transcript = Transcriber.load().transcribe(audio, language)
        except (SpeechError, SpeechModelError, FileNotFoundError) as error:
            print(f"{audio}: {error}", file=sys.stderr)
            return 1
        text = transcript.text
    if not text or not text.strip():
        print("nothing to parse: the text is empty", file=sys.stderr)
        return 1
    try:
        asked = _parse_heard(transcript) if transcript is not None else _parse(text, language)
        answer = asyncio.run(asked)
    except (FileNotFoundError, ReleaseRefused) as error:
        print(error, file=sys.stderr)
        return 1
    if transcript is not None:
        answer["transcript"] = transcript.as_json()
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
