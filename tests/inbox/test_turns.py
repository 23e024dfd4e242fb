"""What the worker answers to each kind of message."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from actions.documents.pdf import qr_picture
from nlu.daily_counts import DailyCounts, Tally
from nlu.turn import AWAY, FAILED, SILENT, Button, Location, Media, Message, Reply, TurnFailed
from tests.inbox.turn_bench import Bench
from tests.inbox.worker_fakes import failed_turns, make_worker, message


async def test_text_is_answered(bench: Bench) -> None:
    assert await bench.say(message(1, "నమస్తే")) == ["echo నమస్తే"]
    (heard,) = bench.engine.heard
    assert heard == Message("నమస్తే", message(1).lane, "wamid.IN1", phone=heard.phone)
    assert bench.whatsapp.typing == ["wamid.IN1"]


async def test_what_was_understood_is_counted_once_it_is_answered(bench: Bench) -> None:
    """Of citizens' own messages nobody could tell whether they were understood."""
    worker = make_worker(bench.store, bench.engine, bench.whatsapp, bench.clock)
    for number, decision in enumerate((("out_of_scope", "te"), None, ("out_of_scope", "te"))):
        bench.engine.decision = decision  # none of what answers a question of a form
        await bench.store.put([message(number)])
        await worker.drain()
    counted = worker._metrics.registry.get_sample_value
    labels = {"kind": "out_of_scope", "key": "te"}
    assert counted("seva_decisions_total", labels) == 2
    assert counted("seva_turns_total", {"channel": "whatsapp", "outcome": "answered"}) == 3


async def test_typed_payload_is_not_a_payload(bench: Bench) -> None:
    await bench.say(message(1, '/choose{"service": "x"}'))
    assert not bench.engine.heard[0].tapped


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
    (heard,) = bench.engine.heard
    assert (heard.text, heard.media) == ("చెత్త తీయలేదు", Media("m9"))


@pytest.mark.parametrize("kind", ["image", "document", "video"])
async def test_a_file_without_a_caption_reaches_the_dialogue(bench: Bench, kind: str) -> None:
    photo = replace(message(1), kind=kind, text=None, media=Media("m9", "image/jpeg"))
    await bench.say(photo)
    (heard,) = bench.engine.heard
    assert (heard.text, heard.media) == ("\U0001f4ce", photo.media)


async def test_location_is_said_in_words(bench: Bench) -> None:
    place = Location(16.5, 80.6, "Benz Circle", "Vijayawada")
    bare = Location(16.5, 80.6)
    first = replace(message(1), kind="location", text=None, location=place)
    await bench.say(first, replace(first, message_id="wamid.IN2", location=bare))
    assert [heard.text for heard in bench.engine.heard] == [
        "Benz Circle, Vijayawada",
        "16.500000, 80.600000",
    ]
    assert [heard.location for heard in bench.engine.heard] == [place, bare]


async def test_phrases_come_in_the_language_of_the_dialogue(bench: Bench) -> None:
    bench.engine.spoken = "en"
    await bench.say(message(1, "hello"))
    assert await bench.say(message(2, kind="video", citizen="IN.2"))
    assert await bench.say(replace(message(3), kind="video", text=None)) == ["en:unsupported_messa"]


async def test_tap_brings_the_payload_back(bench: Bench) -> None:
    bench.engine.answer = lambda text: [Reply("which?", (Button("A", '/choose{"a": 1}'),))]
    await bench.say(message(1))
    sent_id = bench.last().options[0].id
    await bench.say(message(2, kind="button", button_id=sent_id))
    heard = bench.engine.heard[1]
    assert (heard.text, heard.tapped) == ('/choose{"a": 1}', True)
    (refused,) = await bench.say(message(3, kind="button", button_id=sent_id, citizen="IN.2"))
    assert refused == "te:old_button"


async def test_next_page_needs_no_dialogue(bench: Bench) -> None:
    buttons = tuple(Button(f"Option {n}", f"/choose{n}") for n in range(12))
    bench.engine.answer = lambda text: [Reply("which?", buttons)]
    await bench.say(message(1))
    await bench.say(message(2, kind="list", button_id=bench.last().options[-1].id))
    assert [option.title for option in bench.last().options] == [
        "Option 9",
        "Option 10",
        "Option 11",
    ]
    assert len(bench.engine.heard) == 1
    await bench.say(message(3, kind="button", button_id=bench.last().options[1].id))
    assert bench.engine.heard[1].text == "/choose10"


@pytest.mark.parametrize("number", ["2", " 2 ", "౨", "२"])
async def test_number_chooses_a_line(bench: Bench, number: str) -> None:
    long = tuple(Button(f"A title that is far too long {n}", f"/choose{n}") for n in (1, 2))
    bench.engine.answer = lambda text: [Reply("which?", long)]
    await bench.say(message(1))
    await bench.say(message(2, number))
    assert bench.engine.heard[1].text == "/choose2"


async def test_number_is_a_number_elsewhere(bench: Bench) -> None:
    await bench.say(message(1))
    await bench.say(message(2, "2"))
    assert bench.engine.heard[1].text == "2"


async def test_failing_dialogue_is_tried_again_then_given_up(bench: Bench) -> None:
    bench.engine.failures = [RuntimeError("4991 1866 5246")] * 3
    texts = await bench.say(message(1), message(2))
    for _ in range(4):
        bench.clock.now += 30
        texts += await bench.say()
    assert texts == ["te:internal_error", "echo text 2"]
    depth = await bench.store.depth()
    assert (depth.waiting, depth.dead) == (0, 1)


async def test_a_message_that_is_given_up_is_counted_for_the_reports(bench: Bench) -> None:
    counts = DailyCounts()
    tally = Tally(lambda: counts, ZoneInfo("Asia/Kolkata"))
    worker = make_worker(bench.store, bench.engine, bench.whatsapp, bench.clock, tally=tally)
    bench.engine.failures = [RuntimeError("broken")] * 3
    await bench.store.put([message(1), message(2)])
    for _ in range(4):
        await worker.drain()
        bench.clock.now += 30
    tally.flush()
    assert counts.sums("unhappy", (0, 99_999), ["kind", "service"]) == {("dead", ""): (1, 0)}


@pytest.mark.parametrize("trouble", [FAILED, AWAY])
async def test_the_first_turn_that_fails_counts_for_its_model(bench: Bench, trouble: str) -> None:
    """Later ones are on the live model; what is away is nobody's fault."""
    counts = DailyCounts()
    worker = make_worker(
        bench.store,
        bench.engine,
        bench.whatsapp,
        bench.clock,
        tally=(tally := Tally(lambda: counts, ZoneInfo("Asia/Kolkata"))),
        model_of=lambda claim: "canary" if claim.attempt == 1 else "live",
    )
    bench.engine.failures = [TurnFailed("broken", trouble)] * 2
    await bench.store.put([message(1)])
    for _ in range(3):
        await worker.drain()
        bench.clock.now += 30
    tally.flush()
    times = {} if trouble == AWAY else {("canary", "failed", "", ""): 1}
    assert counts.of_models(["canary", "live"], (0, 99_999)) == times


async def test_each_turn_is_logged_with_its_model(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    await bench.say(message(1))
    assert "'model': 'fake'" in caplog.text or '"model": "fake"' in caplog.text


async def test_what_the_dialogue_never_saw_is_counted_by_its_reason(bench: Bench) -> None:
    counts = DailyCounts()
    tally = Tally(lambda: counts, ZoneInfo("Asia/Kolkata"))
    worker = make_worker(bench.store, bench.engine, bench.whatsapp, bench.clock, tally=tally)
    stickers = [replace(message(one), kind="sticker", text=None) for one in (1, 2)]
    tap = replace(message(3), kind="button", text=None, button_id="gone")
    long = replace(message(4), text="x" * 100_000)
    await bench.store.put([*stickers, tap, long, message(5, "bill")])
    await worker.drain()
    tally.flush()
    assert counts.sums("unread", (0, 99_999), ["kind", "department"]) == {
        ("unsupported_message", ""): (2, 0),
        ("old_button", ""): (1, 0),
        ("message_too_long", ""): (1, 0),
    }


async def test_what_failed_is_logged_without_its_words(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.engine.failures = [RuntimeError("4991 1866 5246")]
    await bench.say(message(1, "my secret"))
    assert "RuntimeError" in caplog.text
    assert "4991 1866 5246" not in caplog.text and "secret" not in caplog.text


async def test_dialogue_that_recovers_answers_late(bench: Bench) -> None:
    bench.engine.failures = [RuntimeError()]
    assert await bench.say(message(1)) == []
    bench.clock.now += 2
    assert await bench.say() == ["echo text 1"]
    assert failed_turns(bench.store) == {1}


async def test_dialogue_without_words_is_apologised_for(bench: Bench) -> None:
    bench.engine.answer = lambda text: []
    texts = []
    for number in range(3):
        texts += await bench.say(*([message(1)] if number == 0 else []))
        bench.clock.now += 30
    assert texts == ["te:internal_error"]


@pytest.mark.parametrize("kind", ["image", "document"])
async def test_the_code_in_a_picture_goes_to_the_dialogue(bench: Bench, kind: str) -> None:
    """Also beside a caption; one that cannot be fetched holds nothing up."""
    link = "https://verify.example/c/0123456789abcdef#AAAA"
    content = io.BytesIO()
    qr_picture(link).save(content, "PNG")
    bench.whatsapp.files["m9"] = content.getvalue()
    for caption, media in ((None, "m9"), ("is it real", "m9"), (None, "away")):
        bench.engine.heard.clear()
        number = len(bench.whatsapp.taken) + 100
        photo = replace(
            message(number), kind=kind, text=caption, media=Media(media, "image/png; x=y")
        )
        await bench.say(photo)
        [heard] = bench.engine.heard
        assert heard.code == (link if media == "m9" else "")


async def test_where_a_person_answers_nothing_is_sent(bench: Bench) -> None:
    """The message is done with, and the next one is answered again."""
    bench.engine.answer = lambda text: [Reply("", act=SILENT) if text == "a" else Reply("echo")]
    assert await bench.say(message(1, "a")) == []
    assert failed_turns(bench.store) == {0}
    assert await bench.say(message(2, "b")) == ["echo"]
