"""News: once for an id, by template where the window is closed, and what it cannot carry later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.inbox.port import UnknownCitizen
from api.inbox.store import StoredInbox
from api.notices import as_news
from api.phrases import PhraseBook
from api.whatsapp.payload import Status
from api.whatsapp.sender import SendFailed
from nlu.turn import Button, Document, Notice, Reply
from tests.inbox.worker_fakes import (
    PHONE_ID,
    PHRASES,
    POLICY,
    Clock,
    FakeEngine,
    FakeWhatsApp,
    make_worker,
    message,
    open_store,
    rows,
)

DAY = 86400.0
LANE = f"{PHONE_ID}:IN.1"
HEADING = {language: "[{about}] {text}" for language in ("te", "hi", "en")}
WORDING = PhraseBook({**PHRASES, "news": HEADING}, "te")
NEWS = Notice("late-1", LANE, "te", "భూమి కొలత", "కొలిచారు.\nమొత్తం 2.35 ఎకరాలు.")
TOLD = f"[{NEWS.about}] {NEWS.text}"
TEMPLATE = "భూమి కొలత: కొలిచారు. మొత్తం 2.35 ఎకరాలు."
DOCUMENT = replace(NEWS, document=Document("https://x.example/1.pdf", "1.pdf"))
BUTTONS = replace(NEWS, buttons=(Button("మళ్లీ", "/restart"),))
REFUSED = SendFailed("final", 132001)
CLOSED = SendFailed("park", 131047)


class Town:
    """One citizen, a worker and WhatsApp."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path, self.clock = path, clock
        self.engine, self.whatsapp = FakeEngine(), FakeWhatsApp()
        self.store: StoredInbox = open_store(path, clock)
        self.written = 0

    async def write(self, text: str = "hi") -> None:
        self.written += 1
        await self.store.put([message(self.written, text, phone="91984")])

    async def tell(self, notice: Notice) -> bool:
        return await self.store.tell(as_news(notice, WORDING, POLICY))

    async def work(self) -> list[tuple[str, str]]:
        """What came since the last time: kind and text."""
        before = len(self.whatsapp.taken)
        await make_worker(self.store, self.engine, self.whatsapp, self.clock).drain()
        return [(m.kind, m.text) for _, _, m in self.whatsapp.taken[before:]]

    async def silent(self) -> None:
        """The citizen wrote, was answered, and has been silent for a day and more."""
        await self.write()
        await self.work()
        self.clock.now += DAY + 1

    async def status(self, state: str, number: int = -1, code: int | None = None) -> None:
        tracker = self.whatsapp.taken[number][0]
        taken = len(self.whatsapp.taken) if number == -1 else number + 1
        status = Status(f"wamid.OUT{taken}", state, tracker=tracker, code=code)
        await self.store.put([], [status])

    def bodies(self) -> str:
        """All that the outbox still holds of words."""
        found = rows(self.store, "SELECT body FROM outbox WHERE inbox_id LIKE 'notice/%'")
        return "".join(row[0] for row in found)


@pytest.fixture
async def town(tmp_path: Path, clock: Clock) -> Any:
    town = Town(tmp_path / "town.sqlite", clock)
    yield town
    await town.store.close()


async def test_news_are_sent_once_however_often_they_are_told(town: Town) -> None:
    await town.write()
    await town.work()
    assert [await town.tell(NEWS) for _ in range(3)] == [True, False, False]
    assert await town.work() == [("text", TOLD)]
    assert await town.tell(NEWS) is False
    assert await town.work() == []


async def test_heading_that_the_text_has_itself_stands_there_once(town: Town) -> None:
    news = replace(NEWS, text=f"*{NEWS.about}*: అయింది.")
    await town.write()
    await town.work()
    await town.tell(news)
    assert await town.work() == [("text", "*భూమి కొలత*: అయింది.")]
    town.clock.now += DAY + 1
    await town.tell(replace(news, id="late-2"))
    assert await town.work() == [("template", "భూమి కొలత: అయింది.")]


async def test_news_for_nobody_are_refused(town: Town) -> None:
    with pytest.raises(UnknownCitizen):
        await town.tell(NEWS)
    assert town.bodies() == ""


async def test_news_survive_a_restart(town: Town, clock: Clock) -> None:
    await town.write()
    await town.work()
    await town.tell(NEWS)
    await town.store.close()
    town.store = open_store(town.path, clock)
    assert await town.tell(NEWS) is False
    assert await town.work() == [("text", TOLD)]


async def test_news_during_a_turn_come_in_order(town: Town) -> None:
    await town.write("question")
    (claim,) = await town.store.claim("w")
    await town.tell(NEWS)
    assert await town.work() == [("text", TOLD)]
    await town.store.release(claim)
    assert await town.work() == [("text", "echo question")]


async def test_tap_on_a_button_of_news_reaches_the_dialogue(town: Town) -> None:
    await town.write()
    await town.work()
    await town.tell(BUTTONS)
    [(kind, _)] = await town.work()
    option = town.whatsapp.taken[-1][2].options[0]
    assert (kind, option.title) == ("buttons", "మళ్లీ")
    tap = message(9, "మళ్లీ", kind="button", button_id=option.id)
    await town.store.put([tap])
    await town.work()
    assert town.engine.heard[-1].text == "/restart"


async def test_number_typed_after_news_still_means_the_question_before(town: Town) -> None:
    long = "చాలా చాలా పొడవైన పేరు గల సేవ"
    town.engine.answer = lambda text: [Reply("ఏది?", (Button(long, "/choose1"),))]
    await town.write()
    await town.work()
    await town.tell(NEWS)
    await town.work()
    assert await town.store.numbered_choice(LANE, 1) == "/choose1"


async def test_number_of_news_counts(town: Town) -> None:
    await town.write()
    await town.work()
    long = "చాలా చాలా పొడవైన పేరు గల సేవ"
    await town.tell(replace(NEWS, buttons=(Button(long, "/late"),)))
    assert await town.store.numbered_choice(LANE, 1) == "/late"


@pytest.mark.parametrize("language", ["te", "hi", "en"])
async def test_silent_citizen_gets_the_template(town: Town, language: str) -> None:
    await town.silent()
    await town.tell(replace(NEWS, language=language))
    assert await town.work() == [("template", TEMPLATE)]
    template = town.whatsapp.taken[-1][2].template
    assert template is not None
    assert (template.name, template.language) == ("request_update", language)
    assert template.parameters == ("భూమి కొలత", "కొలిచారు. మొత్తం 2.35 ఎకరాలు.")


async def test_template_that_said_all_is_not_followed_by_the_text(town: Town) -> None:
    await town.silent()
    await town.tell(NEWS)
    await town.work()
    await town.status("delivered")
    assert town.bodies() == ""
    await town.write("thanks")
    assert await town.work() == [("text", "echo thanks")]


@pytest.mark.parametrize(
    ("news", "kind"), [(DOCUMENT, "document"), (BUTTONS, "buttons")], ids=["document", "buttons"]
)
async def test_what_a_template_cannot_carry_comes_when_the_citizen_writes(
    town: Town, news: Notice, kind: str
) -> None:
    await town.silent()
    await town.tell(news)
    assert await town.work() == [("template", TEMPLATE)]
    await town.write("hello")
    assert await town.work() == [(kind, TOLD), ("text", "echo hello")]
    await town.write("again")
    assert await town.work() == [("text", "echo again")]


async def test_long_news_come_in_full_when_the_citizen_writes(town: Town) -> None:
    await town.silent()
    long = "మీ భూమి కొలిచారు. " * 100
    await town.tell(replace(NEWS, text=long))
    [(kind, text)] = await town.work()
    assert kind == "template" and text.endswith("…") and len(text) < 1000
    await town.write()
    assert ("text", f"[{NEWS.about}] {long}".strip()) in await town.work()


async def test_closed_window_that_only_whatsapp_knows_of_brings_the_template(town: Town) -> None:
    await town.write()
    await town.work()
    await town.tell(NEWS)
    town.whatsapp.troubles = [CLOSED]
    assert await town.work() == [("template", TEMPLATE)]
    await town.write("thanks")
    assert await town.work() == [("text", "echo thanks")]


async def test_closed_window_told_by_a_status_brings_the_template(town: Town) -> None:
    await town.write()
    await town.work()
    await town.tell(NEWS)
    await town.work()
    await town.status("failed", code=131047)
    assert await town.work() == [("template", TEMPLATE)]


async def test_language_without_a_template_waits_for_the_citizen(town: Town) -> None:
    await town.silent()
    news = as_news(NEWS, WORDING, replace(POLICY, template=replace(POLICY.template, languages={})))
    await town.store.tell(news)
    assert await town.work() == []
    await town.write("hi")
    assert await town.work() == [("text", TOLD), ("text", "echo hi")]


async def test_refused_template_leaves_the_news_waiting(town: Town) -> None:
    await town.silent()
    await town.tell(NEWS)
    town.whatsapp.troubles = [REFUSED]
    assert await town.work() == []
    await town.write("hi")
    assert await town.work() == [("text", TOLD), ("text", "echo hi")]


async def test_template_that_could_not_be_delivered_leaves_the_news_waiting(town: Town) -> None:
    await town.silent()
    await town.tell(NEWS)
    await town.work()
    await town.status("failed", code=131026)
    await town.write("hi")
    assert await town.work() == [("text", TOLD), ("text", "echo hi")]


async def test_late_status_of_a_template_that_failed_settles_no_news(town: Town) -> None:
    await town.silent()
    await town.tell(NEWS)
    await town.work()
    await town.status("failed", code=131026)
    for state in ("sent", "delivered"):
        await town.status(state)
    await town.write()
    assert ("text", TOLD) in await town.work()


async def test_citizen_who_writes_before_the_template_went_gets_the_news_itself(
    town: Town,
) -> None:
    await town.silent()
    await town.tell(DOCUMENT)
    await town.write("hi")
    assert await town.work() == [("document", TOLD), ("text", "echo hi")]


async def test_citizen_who_writes_while_the_template_is_sent_gets_nothing_twice(
    town: Town,
) -> None:
    await town.silent()
    await town.tell(NEWS)
    (parcel,) = await town.store.outbox.claim("w")
    await town.write("hi")
    await town.store.outbox.sent(parcel, "wamid.T")
    assert await town.work() == [("text", "echo hi")]


async def test_citizen_who_writes_while_the_template_is_sent_gets_the_document(
    town: Town,
) -> None:
    await town.silent()
    await town.tell(DOCUMENT)
    (parcel,) = await town.store.outbox.claim("w")
    await town.write("hi")
    await town.store.outbox.sent(parcel, "wamid.T")
    assert await town.work() == [("document", TOLD), ("text", "echo hi")]


async def test_template_goes_ahead_of_what_waits_for_the_citizen(town: Town) -> None:
    await town.write("question")
    town.whatsapp.troubles = [CLOSED]
    assert await town.work() == []
    town.clock.now += DAY + 1
    await town.tell(NEWS)
    assert await town.work() == [("template", TEMPLATE)]
    await town.write("hi")
    assert await town.work() == [("text", "echo question"), ("text", "echo hi")]


async def test_template_is_sent_once_by_two_workers(town: Town) -> None:
    await town.silent()
    await town.tell(NEWS)
    assert len(await town.store.outbox.claim("a", 5) + await town.store.outbox.claim("b", 5)) == 1


async def test_words_are_forgotten_when_they_have_arrived(town: Town) -> None:
    await town.write()
    await town.work()
    await town.tell(NEWS)
    await town.work()
    await town.status("delivered")
    assert town.bodies() == ""
