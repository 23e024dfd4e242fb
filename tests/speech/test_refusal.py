"""Texts that nobody said are recognised, texts that somebody said are not."""

from __future__ import annotations

import pytest

from nlu.speech.refusal import refusal
from nlu.speech.settings import load_settings

SETTINGS = load_settings()
PROMPT = SETTINGS.prompts["te"][0]
HINDI = SETTINGS.prompts["hi"][0]
FIRST = PROMPT.split(".")[0]

CASES = [
    ("", PROMPT, "no_speech"),
    (PROMPT, PROMPT, "prompt_leak"),
    (FIRST + ".", PROMPT, "prompt_leak"),
    (FIRST.replace("aa", "a") + "!", PROMPT, "prompt_leak"),  # nearly the sentence
    ("Prakasamlo eguruthunnayi.", PROMPT, "prompt_leak"),  # measured: its end grew onto speech
    ("भी " * 30, None, "repetition"),  # measured: white noise without VAD
    ("పన్ను, పను, " * 20, None, "repetition"),
    ("thank you " * 12, None, "repetition"),
    ("I am the one who is the one who is the one who is the one", None, "repetition"),  # measured
    ("haan ji haan ji haan ji", HINDI, None),
    ("Na karam to billu chudali.", PROMPT, None),
    ("Maa Kalanilo. Moodu Rojula Nunchi Manchi. Nillu Ravaranledu", PROMPT, None),
    ("Mujhi apanabi jali kaabila dekana hai.", HINDI, None),
    ("Hamari galimem ka chara uthane wali nahi marahi hai.", HINDI, None),
    ("6 1 2 3 4 0 0 0 0 0 0 5", None, None),  # a number with zeros is no loop
    ("nahi nahi nahi", HINDI, None),  # people do say so
    ("Avunu", PROMPT, None),
    ("How much is my electricity bill?", None, None),
]


@pytest.mark.parametrize(("text", "prompt", "expected"), CASES)
def test_refusal(text: str, prompt: str | None, expected: str | None) -> None:
    assert refusal(text, prompt, SETTINGS.rejection) == expected
