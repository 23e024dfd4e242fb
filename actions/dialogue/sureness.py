"""Whether what was spoken was surely heard."""

from __future__ import annotations

from actions.dialogue.settings import DialogueSettings
from actions.dialogue.state import Heard


def surely_meant(heard: Heard, settings: DialogueSettings) -> bool:
    """Whether the service of a message may start, or its yes, no or cancel count, without a
    question: always if it was written, and if it was spoken where the understanding is surer than
    it must be of written words."""
    spoken = str(heard.metadata.get("spoken") or "")
    return not heard.by_voice or heard.confidence >= settings.voice_sure.get(spoken, 0.0)
