"""The benchmark of voice: which sentences, how loud the babble, what the rows count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import voice_clips
from benchmarks.voice import Understood, at_once, row, text_row, without_heard
from benchmarks.voice_clips import Clip, Sentence, sentences, with_babble
from nlu.catalogue import shared_catalogue
from nlu.fast_yaml import load_yaml
from nlu.speech.transcript import Transcript

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("language", ["te", "hi", "en"])
def test_sentences_are_of_the_hold_out_and_of_many_services(language: str) -> None:
    """In the language's own letters, without digits, and no service twice before all once."""
    catalogue = shared_catalogue(ROOT / "data")
    found = sentences(catalogue, language, 60)
    assert len(found) == len({s.service for s in found}) == 60
    for one in found:
        held = catalogue.services[one.service].holdout[language]
        assert one.text in {u.text for u in held}
        assert language == "en" or not any("a" <= sign <= "z" for sign in one.text.lower())
        assert not any(sign.isdigit() for sign in one.text)
    assert sentences(catalogue, language, 30) == found[:30]


def test_babble_is_so_many_decibels_beneath() -> None:
    """Whatever the loudness of the talkers; nothing is clipped."""
    random = np.random.default_rng(1)
    speech = random.normal(0, 0.1, 16_000).astype(np.float32)
    talkers = [random.normal(0, level, 5_000).astype(np.float32) for level in (0.01, 0.5)]
    mixed = with_babble(speech, talkers)
    beneath = mixed - speech
    decibels = 10 * np.log10(np.mean(speech**2) / np.mean(beneath**2))
    assert decibels == pytest.approx(10, abs=0.2)
    assert np.abs(with_babble(speech * 9, talkers)).max() <= 1


def test_a_clip_that_was_not_understood_counts_as_wrong() -> None:
    clips = [
        Clip(Sentence("a", "te", "ఒకటి రెండు"), "v", "clean", Path("x")),
        Clip(Sentence("b", "te", "మూడు"), "v", "clean", Path("y")),
    ]
    transcripts = [
        Transcript("okati rendu", "te", 0.9, 2.0, 0.4, "m"),
        Transcript("", "hi", 0.4, 2.0, 0.4, "m", ("no_speech",)),
    ]
    found = row(clips, transcripts, [Understood(("a", "b"), "route", 0.2), None])
    assert (found["top_1"], found["top_3"], found["language"]) == (0.5, 0.5, 0.5)
    assert found["unheard"] == 1
    assert found["turn_real_time_factor"] == 0.25


def test_text_is_scored_by_the_same_measure() -> None:
    said = [Sentence("a", "te", "x"), Sentence("b", "te", "y")]
    answers = [Understood(("a", "b"), "route", 0.0), Understood(("a", "c", "b"), "route", 0.0)]
    assert text_row(said, answers) == {"top_1": 0.5, "top_3": 1.0}


def test_the_model_before_hears_nothing() -> None:
    """And is as it is otherwise."""
    text = (ROOT / "config.yml").read_text("utf-8")
    before, now = load_yaml(without_heard(text)), load_yaml(text)
    spoken = [component["spoken"] for component in now["pipeline"] if "spoken" in component]
    assert spoken[0]["languages"] == ["te", "hi"]
    spoken[0]["languages"] = []
    assert before == now


def test_sentences_that_no_voice_can_say_are_counted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the others have a clip of each condition, by each voice, made once."""
    monkeypatch.setenv("SEVA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(voice_clips, "open_voice", lambda name, voices=None: None)
    made: list[str] = []

    def render(job: tuple[Sentence, str, Path]) -> None:
        made.append(job[1])
        if job[0].text == "no":
            job[2].touch()
        else:
            np.save(job[2], np.random.default_rng(2).normal(0, 0.1, 8000).astype(np.float32))

    class Pool:
        def __init__(self, workers: int) -> None:
            pass

        def __enter__(self) -> Pool:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        map = staticmethod(map)

    monkeypatch.setattr(voice_clips, "_render", render)
    monkeypatch.setattr(voice_clips, "ProcessPoolExecutor", Pool)
    wanted = [Sentence("a", "te", "అవును"), Sentence("a", "te", "no")]
    found = voice_clips.clips(wanted)
    assert sorted((c.condition, c.voice) for c in found) == [
        ("babble", "festival-te"),
        ("babble", "kokoro-te-1"),
        ("clean", "festival-te"),
        ("clean", "kokoro-te-1"),
    ]
    assert all(clip.file.read_bytes()[:4] == b"OggS" for clip in found)
    assert "2 sentences could not be said" in capsys.readouterr().err
    assert voice_clips.clips(wanted) == found and len(made) == 4


def test_thresholds_count_what_starts_and_what_of_it_is_wrong() -> None:
    clips = [Clip(Sentence(name, "te", "x"), "v", "clean", Path("x")) for name in "abcd"]
    answers = [
        Understood(("a",), "route", 0.0, 0.99),
        Understood(("x",), "route", 0.0, 0.93),
        Understood(("c",), "clarify", 0.0, 0.99),
        None,
    ]
    found = {row["threshold"]: (row["share"], row["wrong"]) for row in at_once(clips, answers)}
    assert found[0.75] == (0.5, 1)
    assert found[0.95] == (0.25, 0)
