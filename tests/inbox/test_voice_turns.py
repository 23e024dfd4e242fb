"""Voice notes from the webhook to the reply: heard, told while it takes long, answered by voice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from api.whatsapp.sender import MediaRejected
from nlu.speech.errors import SpeechError
from nlu.speech.transcript import Reading
from nlu.turn import Button, Media, Reply
from tests.inbox.turn_bench import Bench, kinds
from tests.inbox.worker_fakes import PHRASES, make_worker, message


def voice(number: int, media: str = "m1") -> Any:
    return replace(message(number), kind="audio", text=None, media=Media(media, voice=True))


async def test_voice_is_transcribed(bench: Bench) -> None:
    bench.engine.spoken = "te"
    assert await bench.say(message(1), voice(2)) == ["echo text 1", "echo కరెంటు బిల్లు"]
    assert bench.engine.heard[1].by_voice and bench.engine.heard[1].spoken == "te"
    assert bench.transcriber.asked == [(b"OggS", "te", voice(2).lane)]


async def test_a_voice_note_is_answered_by_voice_where_that_is_switched_on(bench: Bench) -> None:
    """After the text; a typed message gets text only, and so does a language without a voice."""
    bench.spoken = frozenset({"te", "hi"})
    for language in ("te", "hi"):
        bench.engine.spoken = language
        bench.whatsapp.taken.clear()
        number = 10 * (1 + ["te", "hi"].index(language))
        assert await bench.say(message(number)) == [f"echo text {number}"]
        said = await bench.say(voice(number + 1))
        assert kinds(bench) == ["text", "text", "voice"]
        assert said == ["echo కరెంటు బిల్లు"] * 2
    bench.engine.spoken = "en"
    bench.whatsapp.taken.clear()
    await bench.say(voice(30))
    assert kinds(bench) == ["text"]


async def test_options_are_read_after_the_text(bench: Bench) -> None:
    bench.spoken, bench.engine.spoken = frozenset({"te"}), "te"
    buttons = (Button("అవును", "/a"), Button("కాదు", "/b"))
    bench.engine.answer = lambda text: [Reply("ఇదేనా?", buttons)]
    await bench.say(voice(1))
    assert kinds(bench) == ["buttons", "voice"]
    assert bench.last().text == "ఇదేనా?\nఅవును\nకాదు"


async def test_what_was_not_understood_is_said_too(bench: Bench) -> None:
    """In the citizen's language, as far as it is known."""
    bench.spoken, bench.engine.spoken = frozenset({"te"}), "te"
    await bench.say(message(1))
    bench.transcriber.text = ""
    await bench.say(voice(2))
    assert kinds(bench)[-2:] == ["text", "voice"]
    assert bench.last().text == PHRASES["not_understood_voice"]["te"]


async def test_a_close_call_reaches_the_engine_in_all_its_readings(bench: Bench) -> None:
    """Which one leads is told where all are understood, in one pass."""
    bench.transcriber.text, bench.transcriber.language_probability = "telugu", 0.5
    bench.transcriber.others = (Reading("hindi", "hi", 0.4),)
    await bench.say(voice(1))
    (heard,) = bench.engine.heard
    assert heard.text == "telugu"
    assert heard.readings == (Reading("telugu", "te", 0.5), Reading("hindi", "hi", 0.4))


@pytest.mark.parametrize(
    ("error", "phrase"),
    [
        (SpeechError("audio_too_long", "x"), "voice_too_long"),
        (SpeechError("audio_too_large", "x"), "voice_too_long"),
        (SpeechError("hearing_failed", "x"), "voice_failed"),
        (SpeechError("unreadable_audio", "x"), "not_understood_voice"),
        (SpeechError("empty_audio", "x"), "not_understood_voice"),
        (MediaRejected("too_large"), "voice_too_long"),
        (MediaRejected("expired"), "not_understood_voice"),
    ],
)
async def test_voice_that_cannot_be_heard(bench: Bench, error: Exception, phrase: str) -> None:
    bench.transcriber.error = error
    assert await bench.say(voice(1)) == [f"te:{phrase}"[:20]]


async def test_silence_is_not_understood(bench: Bench) -> None:
    bench.transcriber.text = "  "
    assert await bench.say(voice(1)) == ["te:not_understood_vo"]


class Slow:
    """A worker at work while the transcriber hears for as long as the test wants."""

    def __init__(self, bench: Bench, **facts: Any) -> None:
        bench.transcriber.go = asyncio.Event()
        self.bench, self.stop = bench, asyncio.Event()
        self.worker = make_worker(
            bench.store,
            bench.engine,
            bench.whatsapp,
            bench.clock,
            transcriber=bench.transcriber,
            **facts,
        )

    async def __aenter__(self) -> Slow:
        self.running = asyncio.create_task(self.worker.run(self.stop))
        return self

    async def __aexit__(self, *_: Any) -> None:
        self.bench.transcriber.go.set()
        self.stop.set()
        await asyncio.wait_for(self.running, 5)

    async def until(self, found: Any) -> None:
        for _ in range(500):
            if found():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("it never happened")


async def test_texts_are_answered_while_voices_queue(bench: Bench) -> None:
    """However many: they have places of their own."""
    async with Slow(bench, voices=2) as slow:
        await bench.store.put([replace(voice(n), citizen=f"IN.{n}") for n in range(20)])
        await slow.until(lambda: len(bench.transcriber.asked) == 2)
        await bench.store.put([message(100 + n, citizen=f"IN.T{n}") for n in range(8)])
        await slow.until(lambda: len(bench.whatsapp.texts()) == 8)
        assert len(bench.transcriber.asked) == 2
        bench.transcriber.go.set()
        await slow.until(lambda: len(bench.whatsapp.texts()) == 28)
    callers = [caller for _, _, caller in bench.transcriber.asked]
    assert len(set(callers)) == 20


@pytest.mark.slow
async def test_a_voice_that_takes_long_is_told_once(bench: Bench) -> None:
    """And then answered; a turn that is taken again does not tell it again."""
    async with Slow(bench, listening_s=0.01) as slow:
        await bench.store.put([voice(1)])
        await slow.until(lambda: bench.whatsapp.texts() == ["te:listening"])
        bench.engine.failures = [RuntimeError("x")]
        bench.transcriber.go.set()
        await slow.until(lambda: not bench.engine.failures)
        bench.transcriber.go.clear()
        await asyncio.sleep(0.1)
        bench.clock.now += 30
        await slow.until(lambda: len(bench.transcriber.asked) == 2)
        await asyncio.sleep(0.1)
        bench.transcriber.go.set()
        await slow.until(lambda: len(bench.whatsapp.texts()) == 2)
    assert bench.whatsapp.texts() == ["te:listening", "echo కరెంటు బిల్లు"]


@pytest.mark.slow
async def test_texts_and_quick_voices_are_not_told(bench: Bench) -> None:
    async with Slow(bench, listening_s=0.2) as slow:
        bench.transcriber.go.set()
        await bench.store.put([message(1, "a"), voice(2)])
        await slow.until(lambda: len(bench.whatsapp.texts()) == 2)
        await asyncio.sleep(0.3)
    assert "te:listening" not in bench.whatsapp.texts()
