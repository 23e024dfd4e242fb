"""`seva transcribe FILE [--json]`."""

from __future__ import annotations

import sys
from json import dumps
from pathlib import Path


def transcribe_command(file: Path, json: bool) -> int:
    """Prints what was heard in `file` and returns the exit code: 1 unheard, 2 no such file."""
    if not file.is_file():
        print(f"{file}: no such file", file=sys.stderr)
        return 2
    from nlu.speech.errors import SpeechError, SpeechModelError
    from nlu.speech.transcriber import Transcriber

    try:
        transcript = Transcriber.load().transcribe(file)
    except SpeechError as error:
        print(f"{file}: {error.code}: {error}", file=sys.stderr)
        return 1
    except SpeechModelError as error:
        print(error, file=sys.stderr)
        return 1
    if json:
        print(dumps(transcript.as_json(), ensure_ascii=False))
    else:
        print(transcript.text)
        for warning in transcript.warnings:
            print(f"warning: {warning}", file=sys.stderr)
    return 0
