"""What the worker answers to each kind of message."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from api.inbox.sqlite import SqliteInbox
from api.whatsapp.payload import Location, Media
from api.whatsapp.render import PlainButton, PlainReply
from api.whatsapp.sender import MediaRejected
from nlu.speech.errors import SpeechError
from nlu.speech.transcript import Reading
from tests.inbox.worker_fakes import PHRASES, Clock, FakeEngine, FakeWhatsApp, make_worker, message


@dataclass
class FakeTranscript:
    text: str
    language: str = "te"
    language_probability: float = 0.9
    others: tuple[Reading, ...] = ()

    def readings(self) -> tuple[Reading, ...]:
        return (Reading(self.text, self.language, self.language_probability), *self.others)


@dataclass
class FakeTranscriber:
    text: str = "కరెంటు బిల్లు"
    language_probability: float = 0.9
    error: Exception | None = None
    others: tuple[Reading, ...] = ()
    asked: list[tuple[bytes, str | None, str]] = field(default_factory=list)
    go: asyncio.Event | None = None

    async def transcribe(self, recording: bytes, language: str | None, caller: str = "") -> Any:
        self.asked.append((recording, language, caller))
        if self.go:
            await self.go.wait()
        if self.error:
            raise self.error
        return FakeTranscript(self.text, "te", self.language_probability, self.others)

    async def close(self) -> None:
        pass


class Bench:
    def __init__(self, store: SqliteInbox, clock: Clock) -> None:
        self.store, self.clock = store, clock
        self.engine, self.whatsapp = FakeEngine(), FakeWhatsApp(files={"m1": b"OggS"})
        self.transcriber = FakeTranscriber()
        self.spoken: frozenset[str] = frozenset()

    async def say(self, *messages: Any) -> list[str]:
        """New texts that WhatsApp took."""
        before = len(self.whatsapp.taken)
        await self.store.put(messages)
        worker = make_worker(
            self.store,
            self.engine,
            self.whatsapp,
            self.clock,
            transcriber=self.transcriber,
            spoken=self.spoken,
        )
        await worker.drain()
        return self.whatsapp.texts()[before:]

    def last(self) -> Any:
        return self.whatsapp.taken[-1][2]


@pytest.fixture
def bench(store: SqliteInbox, clock: Clock) -> Bench:
    return Bench(store, clock)


async def test_text_is_answered(bench: Bench) -> None:
    assert await bench.say(message(1, "నమస్తే")) == ["echo నమస్తే"]
    _, metadata = bench.engine.heard[0]
    assert metadata["inbox_id"] == "wamid.IN1"
    assert metadata["payload"] is False and metadata["voice"] is False
    assert bench.whatsapp.typing == ["wamid.IN1"]


async def test_typed_payload_is_not_a_payload(bench: Bench) -> None:
    await bench.say(message(1, '/choose{"service": "x"}'))
    assert bench.engine.heard[0][1]["payload"] is False


async def test_two_citizens_and_their_order(bench: Bench) -> None:
    texts = await bench.say(
        message(1, "a"), message(2, "b", citizen="IN.2"), message(3, "c"), message(4, "d")
    )
    assert [t for t in texts if t != "echo b"] == ["echo a", "echo c", "echo d"]


@pytest.mark.parametrize(
    ("facts", "phrase"),
    [
        ({"kind": "video"}, "unsupported_message"),
        ({"kind": "sticker"}, "unsupported_message"),
        ({"kind": "contacts"}, "unsupported_message"),
        ({"kind": "order"}, "unsupported_message"),
        ({"kind": "unsupported"}, "unsupported_message"),
        ({"kind": "image"}, "unsupported_message"),
        ({"kind": "text", "text": "\u200b\u200d "}, "empty_message"),
        ({"kind": "text", "text": "ా"}, "empty_message"),
        ({"kind": "text", "text": "x" * 4097}, "message_too_long"),
        ({"kind": "button", "button_id": "never-sent"}, "old_button"),
        ({"kind": "button", "button_id": None}, "old_button"),
        ({"kind": "list", "button_id": '/choose{"service": "x"}'}, "old_button"),
    ],
)
async def test_what_the_dialogue_never_sees(
    bench: Bench, facts: dict[str, Any], phrase: str
) -> None:
    (text,) = await bench.say(replace(message(1), **{"text": None, **facts}))
    assert text == f"te:{phrase}"[:20]
    assert bench.engine.heard == []


@pytest.mark.parametrize("kind", ["reaction", "system"])
async def test_silent_kinds_get_no_answer(bench: Bench, kind: str) -> None:
    assert await bench.say(message(1, kind=kind)) == []
    assert (await bench.store.depth()).waiting == 0


async def test_caption_is_understood(bench: Bench) -> None:
    await bench.say(message(1, "చెత్త తీయలేదు", kind="image", media=Media("m9")))
    text, metadata = bench.engine.heard[0]
    assert text == "చెత్త తీయలేదు" and metadata["media"]["id"] == "m9"


async def test_location_is_said_in_words(bench: Bench) -> None:
    place = Location(16.5, 80.6, "Benz Circle", "Vijayawada")
    bare = Location(16.5, 80.6)
    first = replace(message(1), kind="location", text=None, location=place)
    await bench.say(first, replace(first, message_id="wamid.IN2", location=bare))
    assert [text for text, _ in bench.engine.heard] == [
        "Benz Circle, Vijayawada",
        "16.500000, 80.600000",
    ]
    assert bench.engine.heard[0][1]["location"]["lat"] == 16.5


async def test_phrases_come_in_the_language_of_the_dialogue(bench: Bench) -> None:
    bench.engine.spoken = "en"
    await bench.say(message(1, "hello"))
    assert await bench.say(message(2, kind="video", citizen="IN.2"))
    assert await bench.say(replace(message(3), kind="video", text=None)) == ["en:unsupported_messa"]


async def test_tap_brings_the_payload_back(bench: Bench) -> None:
    bench.engine.answer = lambda text: [
        PlainReply("which?", (PlainButton('/choose{"a": 1}', "A"),))
    ]
    await bench.say(message(1))
    sent_id = bench.last().options[0].id
    await bench.say(message(2, kind="button", button_id=sent_id))
    text, metadata = bench.engine.heard[1]
    assert (text, metadata["payload"]) == ('/choose{"a": 1}', True)
    (refused,) = await bench.say(message(3, kind="button", button_id=sent_id, citizen="IN.2"))
    assert refused == "te:old_button"


async def test_next_page_needs_no_dialogue(bench: Bench) -> None:
    buttons = tuple(PlainButton(f"/choose{n}", f"Option {n}") for n in range(12))
    bench.engine.answer = lambda text: [PlainReply("which?", buttons)]
    await bench.say(message(1))
    await bench.say(message(2, kind="list", button_id=bench.last().options[-1].id))
    assert [option.title for option in bench.last().options] == [
        "Option 9",
        "Option 10",
        "Option 11",
    ]
    assert len(bench.engine.heard) == 1
    await bench.say(message(3, kind="button", button_id=bench.last().options[1].id))
    assert bench.engine.heard[1][0] == "/choose10"


@pytest.mark.parametrize("number", ["2", " 2 ", "౨", "२"])
async def test_number_chooses_a_line(bench: Bench, number: str) -> None:
    long = tuple(PlainButton(f"/choose{n}", f"A title that is far too long {n}") for n in (1, 2))
    bench.engine.answer = lambda text: [PlainReply("which?", long)]
    await bench.say(message(1))
    await bench.say(message(2, number))
    assert bench.engine.heard[1][0] == "/choose2"


async def test_number_is_a_number_elsewhere(bench: Bench) -> None:
    await bench.say(message(1))
    await bench.say(message(2, "2"))
    assert bench.engine.heard[1][0] == "2"


def voice(number: int, media: str = "m1") -> Any:
    return replace(message(number), kind="audio", text=None, media=Media(media, voice=True))


async def test_voice_is_transcribed(bench: Bench) -> None:
    bench.engine.spoken = "te"
    assert await bench.say(message(1), voice(2)) == ["echo text 1", "echo కరెంటు బిల్లు"]
    assert bench.engine.heard[1][1]["voice"] is True
    assert bench.engine.heard[1][1]["spoken"] == "te"
    assert bench.transcriber.asked == [(b"OggS", "te", voice(2).lane)]


def kinds(bench: Bench) -> list[str]:
    return [message.kind for _, _, message in bench.whatsapp.taken]


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
    buttons = (PlainButton("/a", "అవును"), PlainButton("/b", "కాదు"))
    bench.engine.answer = lambda text: [PlainReply("ఇదేనా?", buttons)]
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


@pytest.mark.parametrize(
    ("sure_of", "text", "spoken"),
    [
        ({"telugu": 0.6, "hindi": 0.9}, "hindi", "hi"),
        ({"telugu": 0.9, "hindi": 0.6}, "telugu", "te"),
        ({"hindi": 0.2}, "hindi", "hi"),
        ({}, "telugu", "te"),  # neither makes sense: what was likelier
        ({"telugu": 0.6, "hindi": 0.7}, "telugu", "te"),  # little surer, in a less likely language
    ],
)
async def test_a_close_call_is_what_makes_sense(
    bench: Bench, sure_of: dict[str, float], text: str, spoken: str
) -> None:
    """The other reading goes along, as help to tell the service."""
    bench.transcriber.text, bench.transcriber.language_probability = "telugu", 0.5
    bench.transcriber.others = (Reading("hindi", "hi", 0.4),)
    bench.engine.sure_of = sure_of
    await bench.say(voice(1))
    said, metadata = bench.engine.heard[0]
    assert (said, metadata["spoken"]) == (text, spoken)
    assert [said, *metadata["others"]] in (["telugu", "hindi"], ["hindi", "telugu"])


@pytest.mark.parametrize(
    ("error", "phrase"),
    [
        (SpeechError("audio_too_long", "x"), "voice_too_long"),
        (SpeechError("audio_too_large", "x"), "voice_too_long"),
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


async def test_failing_dialogue_is_tried_again_then_given_up(bench: Bench) -> None:
    bench.engine.failures = [RuntimeError("4991 1866 5246")] * 3
    texts = await bench.say(message(1), message(2))
    for _ in range(4):
        bench.clock.now += 30
        texts += await bench.say()
    assert texts == ["te:internal_error", "echo text 2"]
    depth = await bench.store.depth()
    assert (depth.waiting, depth.dead) == (0, 1)


async def test_what_failed_is_logged_without_its_words(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.engine.failures = [RuntimeError("4991 1866 5246")]
    await bench.say(message(1, "my secret"))
    assert "RuntimeError" in caplog.text
    assert "4991" not in caplog.text and "secret" not in caplog.text


async def test_dialogue_that_recovers_answers_late(bench: Bench) -> None:
    bench.engine.failures = [RuntimeError()]
    assert await bench.say(message(1)) == []
    bench.clock.now += 2
    assert await bench.say() == ["echo text 1"]
    assert bench.engine.heard[0][1]["attempt"] == 2


async def test_dialogue_without_words_is_apologised_for(bench: Bench) -> None:
    bench.engine.answer = lambda text: []
    assert await bench.say(message(1)) == ["te:internal_error"]


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


async def test_texts_and_quick_voices_are_not_told(bench: Bench) -> None:
    async with Slow(bench, listening_s=0.2) as slow:
        bench.transcriber.go.set()
        await bench.store.put([message(1, "a"), voice(2)])
        await slow.until(lambda: len(bench.whatsapp.texts()) == 2)
        await asyncio.sleep(0.3)
    assert "te:listening" not in bench.whatsapp.texts()
