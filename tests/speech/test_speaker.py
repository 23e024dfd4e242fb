"""Replies read aloud: what is said of them, and that it can be heard."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

from nlu.catalogue import shared_catalogue
from nlu.speech import speaker
from nlu.speech.audio import SAMPLE_RATE
from nlu.speech.speaker import Speaker
from nlu.speech.synthesis import SynthesisError
from nlu.speech.synthesis.speakable import speakable
from nlu.speech.synthesis.voices import load_voices
from nlu.speech.transcriber import Transcriber
from nlu.text import fold

VOICES = load_voices()


def said(text: str, language: str) -> str:
    return speakable(text, VOICES.speaking[language], VOICES.digits_alone)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("te", "మీ బిల్లు ₹1,245.00 ఉంది.", "మీ బిల్లు 1245 రూపాయలు ఉంది."),
        ("hi", "बिल ₹ 845.50 है", "बिल 845.50 रुपये है"),
        ("en", "Pay ₹845", "Pay 845 rupees"),
        ("te", "*సర్వీసు నంబరు* 6123401005678", "సర్వీసు నంబరు 6 1 2 3 4 0 1 0 0 5 6 7 8"),
        ("hi", "टिकट RTC2611", "टिकट आर टी सी 2611"),
        ("te", "OTP రాలేదు", "ఓ టీ పీ రాలేదు"),
        ("en", "Your OTP", "Your OTP"),
        ("te", "26-11-2026 తేదీ", "26 11 2026 తేదీ"),
        ("hi", "1100 पर फ़ोन कीजिए। धन्यवाद 🙏", "1100 पर फ़ोन कीजिए। धन्यवाद"),
        ("en", "Open https://example.org/a?b=1 now", "Open now"),
        ("te", "• ఒకటి", "ఒకటి"),
        ("hi", "0863", "0 8 6 3"),
        ("te", "🙏 *_*", ""),
    ],
)
def test_signs_become_words(language: str, text: str, expected: str) -> None:
    assert said(text, language) == expected


@pytest.mark.parametrize("language", ["te", "hi"])
def test_no_sentence_of_ours_has_a_sign_that_the_voice_refuses(language: str) -> None:
    """Latin letters are errors to the Indian voices."""
    for name, phrase in shared_catalogue(Path("data")).phrases.items():
        words = said(phrase[language].replace("{", " ").replace("}", " "), language)
        assert words and not any("a" <= sign.lower() <= "z" for sign in words), name


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("te", "మీ కరెంటు బిల్లు ₹845. గడువు 15 తేదీ."),
        ("hi", "आपका बिजली का बिल ₹845 है। आखिरी तारीख 15 है।"),
    ],
)
async def test_a_reply_is_heard_as_it_was_written(language: str, text: str, tmp_path: Path) -> None:
    """By Whisper, as a phone would play it."""
    note = tmp_path / "reply.ogg"
    note.write_bytes(await Speaker().say(text, language))
    heard = Transcriber.load().transcribe(note, language)
    assert 2 < heard.duration_s < 12
    written = fold(text.split("₹")[0]).replace(" ", "")
    start = fold(heard.text).replace(" ", "")[: len(written)]
    assert Levenshtein.normalized_distance(written, start) < 0.45, heard.text


async def test_lines_are_said_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Voices take only so much at once; what has nothing to say is passed over."""
    said: list[str] = []

    class Voice:
        def say(self, text: str) -> np.ndarray:
            said.append(text)
            return np.full(SAMPLE_RATE, 0.1, np.float32)

    monkeypatch.setattr(speaker, "open_voice", lambda name, voices: Voice())
    note = await Speaker().say("ఒకటి\n\n🙏\n• రెండు", "te")
    assert said == ["ఒకటి", "రెండు"] and note.startswith(b"OggS")


async def test_what_cannot_be_said_is_an_error() -> None:
    speaking = Speaker()
    for text, language in (("🙏", "te"), ("வணக்கம்", "ta"), ("", "hi")):
        with pytest.raises(SynthesisError):
            await speaking.say(text, language)


def test_a_missing_voice_is_told_and_the_others_speak(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SEVA_CACHE_DIR", str(tmp_path))  # no Kokoro there
    without = Speaker()
    assert without.languages == {"te", "hi"}
    assert "make voices" in without.missing["en"]
    assert Speaker(replace(VOICES, replies={})).languages == frozenset()
