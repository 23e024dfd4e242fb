"""Decides whether a decoder's text was really said."""

from __future__ import annotations

from typing import Literal

from nlu.speech.leak import leaks
from nlu.speech.loop import is_loop
from nlu.speech.settings import Rejection

Refusal = Literal["no_speech", "prompt_leak", "repetition"]


def refusal(text: str, prompt: str | None, rules: Rejection) -> Refusal | None:
    """Why `text` is no transcript, or None when it is one."""
    if not text:
        return "no_speech"
    if prompt and leaks(text, prompt, similarity=rules.leak_similarity, letters=rules.leak_letters):
        return "prompt_leak"
    if is_loop(
        text,
        repeats=rules.loop_repeats,
        share=rules.loop_share,
        max_compression_ratio=rules.max_compression_ratio,
    ):
        return "repetition"
    return None
