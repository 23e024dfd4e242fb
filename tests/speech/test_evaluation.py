"""Scores of a speech model: by hand on made-up transcripts, and once on real clips."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nlu.speech.errors import SpeechError
from nlu.speech.evaluation import (
    ManifestError,
    Recording,
    by_language,
    evaluate_command,
    listen,
    read_manifest,
    scores,
)
from nlu.speech.transcript import Transcript

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "data" / "demo"


def recording(said: str, language: str, service: str = "") -> Recording:
    return Recording(Path(f"{said}.ogg"), language, said, service)


def transcript(text: str, language: str) -> Transcript:
    return Transcript(text, language, 0.9, duration_s=4.0, elapsed_s=1.0, model="m")


RECORDINGS = [
    recording("కరెంటు బిల్లు ఎంత?", "te", "electricity_bill_view"),
    recording("मेरा बिजली का बिल", "hi", "electricity_bill_view"),
    recording("Book a bus ticket", "en", "rtc_ticket_booking"),
    recording("silence", "en", "rtc_ticket_booking"),
]
TRANSCRIPTS = {
    "కరెంటు బిల్లు ఎంత?": transcript("karentu billu entha", "te"),
    "मेरा बिजली का बिल": transcript("मेरा बिजली बिल", "te"),
    "Book a bus ticket": transcript("book the bus ticket.", "en"),
    "silence": transcript("", "en"),
}


def hear(file: Path, saved: str | None) -> Transcript:
    return TRANSCRIPTS[file.stem]


def understand(transcript: Transcript) -> dict[str, Any]:
    """Always the same, started for Telugu and Hindi."""
    names = ["electricity_bill_pay", "electricity_bill_view", "rtc_ticket_booking"]
    kind = "clarify" if transcript.language == "en" else "route"
    return {"intent_ranking": [{"name": name} for name in names], "decision": {"kind": kind}}


def test_rates_are_edits_per_word_letter_and_sound() -> None:
    """Capitals, punctuation and, by sound, the script do not count."""
    found = by_language(list(listen(RECORDINGS, hear, understand=understand)))
    assert found["te"]["wer"] == 1.0  # another script: every word is wrong
    assert found["te"]["phonetic_cer"] < 0.1
    assert found["hi"]["wer"] == 0.25  # one of four words is missing
    assert found["hi"]["language"] == 0.0
    assert found["en"]["wer"] == pytest.approx(2 / 5)  # "the" for "a", and nothing for "silence"
    assert found["en"]["unheard"] == 1
    assert found["all"]["recordings"] == 4
    assert found["all"]["real_time_factor"] == 0.25
    assert found["all"]["language"] == 0.75


def test_services_count_where_the_manifest_names_them() -> None:
    """What was not heard is not understood."""
    found = by_language(list(listen(RECORDINGS, hear, understand=understand)))
    assert (found["te"]["top_1"], found["te"]["top_3"]) == (0.0, 1.0)
    assert (found["en"]["top_1"], found["en"]["top_3"]) == (0.0, 0.5)
    assert (found["te"]["started"], found["te"]["wrongly_started"]) == (1, 1)
    assert (found["en"]["started"], found["en"]["wrongly_started"]) == (0, 0)
    unasked = by_language(list(listen(RECORDINGS, hear)))
    assert unasked["all"]["top_1"] is unasked["all"]["started"] is None


def test_a_recording_that_cannot_be_heard_is_counted() -> None:
    """The others are heard all the same."""

    def broken(file: Path, saved: str | None) -> Transcript:
        if file.stem == "silence":
            raise SpeechError("unreadable_audio", "no audio stream")
        return hear(file, saved)

    heard = list(listen(RECORDINGS, broken))
    assert [one.error for one in heard] == ["", "", "", "unreadable_audio: no audio stream"]
    assert scores(heard)["unheard"] == 1


def test_the_saved_language_is_told_only_if_asked() -> None:
    told: list[str | None] = []

    def noting(file: Path, saved: str | None) -> Transcript:
        told.append(saved)
        return hear(file, saved)

    list(listen(RECORDINGS[:2], noting))
    list(listen(RECORDINGS[:2], noting, saved_language=True))
    assert told == [None, None, "te", "hi"]


def test_real_clips_from_a_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command over recordings of two languages, as JSON and line by line."""
    manifest, details = tmp_path / "clips.tsv", tmp_path / "heard.jsonl"
    manifest.write_text(
        "file\tlanguage\ttext\n"
        f"{DEMO / 'voice-te.ogg'}\tte\tనా కరెంటు బిల్లు చూడాలి\n"
        f"{DEMO / 'voice-en.ogg'}\ten\tHow much is my electricity bill?\n",
        "utf-8",
    )
    assert evaluate_command(manifest, details=details, json_output=True) == 0
    found = json.loads(capsys.readouterr().out)["scores"]
    assert found["en"]["wer"] < 0.2 and found["te"]["phonetic_cer"] < 0.3
    assert found["all"]["language"] == 1.0 and found["all"]["real_time_factor"] > 0
    lines = [json.loads(line) for line in details.read_text("utf-8").splitlines()]
    assert [line["transcript"]["language"] for line in lines] == ["te", "en"]
    assert evaluate_command(manifest) == 0
    assert "phonetic" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", r"m\.tsv:1: no column file, language, text"),
        ("file\tlanguage\n", r"m\.tsv:1: no column text"),
        ("file\tlanguage\ttext\n", "no recordings"),
        ("file\tlanguage\ttext\na.ogg\tte\n", r"m\.tsv:2: 3 columns"),
        ("file\tlanguage\ttext\na.ogg\tte\t \n", r"m\.tsv:2: text is empty"),
        ("file\tlanguage\ttext\nlost.ogg\tte\tఅవును\n", r"m\.tsv:2: there is no file .*lost\.ogg"),
    ],
)
def test_a_manifest_is_refused_with_its_line(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "m.tsv").write_text(content, "utf-8")
    with pytest.raises(ManifestError, match=said):
        read_manifest(tmp_path / "m.tsv")


def test_files_are_relative_to_the_manifest(tmp_path: Path) -> None:
    """Service and voice come along."""
    (tmp_path / "a.ogg").write_bytes(b"x")
    content = 'file\tlanguage\ttext\tservice\tvoice\na.ogg\tte\t"అవును" అన్నాను\trtc\tkokoro\n'
    (tmp_path / "m.tsv").write_text(content, "utf-8")
    (row,) = read_manifest(tmp_path / "m.tsv")
    assert row == Recording(tmp_path / "a.ogg", "te", '"అవును" అన్నాను', "rtc", "kokoro")
