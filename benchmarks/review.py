"""`seva benchmark review`: how many messages an hour a reader can decide on by keyboard alone.

The real console and the action server, and Chromium before them. So many held-out messages in five
keys, some badly typed, lie in the queue with the ranking of the live model, which also gives the
nearest sentences beside each card. A script reads the card for a second, as a person would at the
least, and presses keys: 1 to 5, search by name, out of scope, a new service, a split, marks, undo.
What a decision takes is measured in the page, from its last key to the painted next card; the time
of the machine is that of all its keys. The peer of the same run decides on as many messages with
the forms of the same pages without scripts: a page loaded for each. Exit code 1 below fifteen
decisions a minute, or where one was not kept.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from api.console.review.search import Search
from api.inbox.review import Arrival, insert
from api.review.item import Item
from api.review.open import open_review
from api.review.store import Review
from benchmarks.command import Document, machine_line, versions_line
from benchmarks.machine import machine
from benchmarks.stream.steps import Steps
from benchmarks.stream.stream import Progress, summary
from benchmarks.upheaval.stop import until_stopped
from benchmarks.workbench.messages import Message, held_out
from benchmarks.workbench.place import ENGINES, Person, Workbench, workbench
from nlu.archive import ReleaseRefused
from nlu.catalogue import Catalogue, load_catalogue
from nlu.catalogue.rules.utterances import OUT_OF_SCOPE
from nlu.paths import data_folder
from nlu.quality.machine import Machine, load
from nlu.registry import live_release

WANTED = 15.0
"""Decisions a minute, with the reading."""
READING_S = 1.0
_EXPECTED_S = 0.4  # of the machine, for the bar
_ACTS = {"new": 0.02, "split": 0.02, "marks": 0.04}
"""Shares of the messages; all others are decided as what they ask for."""
_UNDO_EVERY = 25
_RANKED, _LONGEST_MS = 5, 60_000
_FEWEST_LETTERS, _MOST_LETTERS = 4, 40
_WATCH = """
() => {
  const card = () => document.querySelector('#decision')?.getAttribute('action') ?? '';
  const seen = window.seen = { waits: [], pressed: 0, card: card() };
  addEventListener('keydown', () => { seen.pressed = performance.now(); }, true);
  document.body.addEventListener('htmx:afterSwap', (event) => {
    if (event.detail.target.id !== 'review') return;
    const pressed = seen.pressed;
    requestAnimationFrame(() => setTimeout(() => {
      seen.card = card();
      seen.waits.push(performance.now() - pressed);
    }));
  });
}
"""
"""Notes in the page when a key was pressed and when what came of it was painted."""


class Reader:
    """Decides by keys on what lies before it."""

    def __init__(
        self, page: Page, truth: Mapping[str, Message], names: Mapping[str, str], seed: int
    ) -> None:
        """`truth`: text -> what it asks for; `names`: intent -> what a reader types to find it."""
        self._page, self._truth, self._names = page, truth, names
        self._draw = random.Random(seed)
        self.machine_s = 0.0
        self.acts: Counter[str] = Counter()

    async def decide(self) -> None:
        """Reads one card, and decides."""
        page = self._page
        text = _plain(await page.locator("#words").inner_text())
        ranked = await page.locator(".choices button").evaluate_all("all => all.map(b => b.value)")
        await asyncio.sleep(READING_S)
        before, began = await self._waits(), time.perf_counter()
        act = await self._keys(self._truth[text], ranked)
        await page.wait_for_function("n => window.seen.waits.length > n", arg=before)
        self.machine_s += time.perf_counter() - began
        self.acts[act] += 1

    async def undo(self) -> None:
        """Takes the last decision back, which is no decision."""
        before, began = await self._waits(), time.perf_counter()
        await self._page.keyboard.press("u")
        await self._page.wait_for_function("n => window.seen.waits.length > n", arg=before)
        self.machine_s += time.perf_counter() - began
        self.acts["undone"] += 1

    async def waits(self) -> list[float]:
        """Seconds from a key to the card that it brought."""
        return [one / 1000 for one in await self._page.evaluate("window.seen.waits")]

    async def _waits(self) -> int:
        return int(await self._page.evaluate("window.seen.waits.length"))

    async def _keys(self, told: Message, ranked: Sequence[str]) -> str:
        page, drawn = self._page, self._draw.random()
        if drawn < _ACTS["new"]:
            await page.keyboard.press("n")
            await page.keyboard.type("solar roof subsidy")
            await page.keyboard.press("Enter")
            return "new"
        if drawn < _ACTS["new"] + _ACTS["split"]:
            await self._split(told)
            return "split"
        if drawn < sum(_ACTS.values()) and await self._marked():
            await page.keyboard.press("1")
            return "marks"
        if told.intent == OUT_OF_SCOPE:
            await page.keyboard.press("o")
            return "out_of_scope"
        wanted = f"service:{told.intent}"
        if wanted in ranked:
            await page.keyboard.press(str(ranked.index(wanted) + 1))
            return "ranked"
        await page.keyboard.press("/")
        await page.keyboard.type(self._names[told.intent])
        await page.locator(f'#found button[value="{wanted}"]').wait_for()
        first = await page.locator("#found button").first.get_attribute("value")
        if first == wanted:
            await page.keyboard.press("Enter")
        else:
            await page.locator(f'#found button[value="{wanted}"]').focus()
            await page.keyboard.press("Enter")
        return "searched"

    async def _split(self, told: Message) -> None:
        page = self._page
        await page.keyboard.press("s")
        for half in ("1", "2"):
            await page.locator(f"#service_{half}").focus()
            await page.keyboard.type(told.intent)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")

    async def _marked(self) -> bool:
        """Marks the first word with the first slot; False where the card has no slots."""
        page = self._page
        if not await page.locator("#marks").count():
            return False
        await page.keyboard.press("m")
        await page.keyboard.press("Control+Home")
        await page.keyboard.press("Control+Shift+ArrowRight")
        await page.locator("#mark").focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Escape")
        return True


def lay(review: Review, messages: Sequence[Message], machine_: Machine, name: str) -> None:
    """Puts messages into the queue, as a worker does, and files them."""
    arrivals = []
    for number, one in enumerate(messages):
        ranking = tuple((label, round(p, 4)) for label, p in machine_.ranking(one.text, _RANKED))
        item = Item(one.text, one.key, "clarify", ranking, model="measured")
        lane = f"109:IN.{name}{number}"
        arrivals.append(Arrival(f"wamid.{name}.{number}", lane, "asked", item.sealed()))
    review.database.change(lambda db: insert(db, arrivals, db.now()))
    review.filer.work()


def names_of(catalogue: Catalogue) -> dict[str, str]:
    """What a reader types to find a service: the shortest beginning of a title, or of its id, that
    brings it first; else all of its id."""
    search, found = Search.of(catalogue), {}
    for name, service in catalogue.services.items():
        plain = name.replace("_", " ")
        beginnings = (
            title[:length]
            for length in range(_FEWEST_LETTERS, _MOST_LETTERS)
            for title in (*service.title.values(), plain)
        )
        found[name] = next((one for one in beginnings if search.find(one, 1) == [name]), plain)
    return found


async def by_keys(
    page: Page,
    truth: Mapping[str, Message],
    names: Mapping[str, str],
    count: int,
    seed: int,
    show: Progress,
) -> Document:
    """A session in the page of the review."""
    await page.locator("#words").wait_for()
    await page.evaluate(_WATCH)
    reader = Reader(page, truth, names, seed)
    began, undone = time.perf_counter(), 0
    for number in range(1, count + 1):
        show(number / count)
        await reader.decide()
        if number % _UNDO_EVERY == 0 and number < count:
            await reader.undo()
            undone += 1
            await reader.decide()
    elapsed = time.perf_counter() - began
    decisions = count + undone
    return {
        "decisions": decisions,
        "kept": count,
        "acts": dict(reader.acts),
        "seconds": round(elapsed, 1),
        "per_minute": round(60 * decisions / elapsed, 1),
        "machine_s_a_decision": round(reader.machine_s / decisions, 3),
        "per_minute_without_reading": round(60 * decisions / reader.machine_s, 1),
        "key_to_card": summary(await reader.waits()),
    }


async def by_forms(
    page: Page, truth: Mapping[str, Message], count: int, show: Progress
) -> Document:
    """The same without scripts: each decision loads a page. Who is not ranked is skipped."""
    waits, began = [], time.perf_counter()
    for number in range(count):
        show(number / count)
        told = truth[_plain(await page.locator("#words").inner_text())]
        await asyncio.sleep(READING_S)
        wanted = "out_of_scope" if told.intent == OUT_OF_SCOPE else f"service:{told.intent}"
        button = page.locator(f'button[name="choice"][value="{wanted}"]')
        if not await button.count():
            button = page.locator('button[name="choice"][value="skip"]')
        await button.focus()
        pressed = time.perf_counter()
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
        await page.locator("#card").wait_for()
        waits.append(time.perf_counter() - pressed)
    elapsed = time.perf_counter() - began
    return {
        "decisions": count,
        "seconds": round(elapsed, 1),
        "per_minute": round(60 * count / elapsed, 1),
        "machine_s_a_decision": round(sum(waits) / count, 3),
        "key_to_card": summary(waits),
    }


@asynccontextmanager
async def _page(browser: Browser, place: Workbench, person: Person, *, scripts: bool) -> Any:
    context = await browser.new_context(
        viewport={"width": 1366, "height": 768}, java_script_enabled=scripts
    )
    cookie = {"name": person.cookie, "value": person.session, "url": place.address}
    await context.add_cookies([cookie])  # type: ignore[list-item]
    page = await context.new_page()
    page.set_default_timeout(_LONGEST_MS)
    await page.goto(f"{place.address}/review")
    yield page
    await context.close()


async def measured(given: argparse.Namespace, folder: Path, steps: Steps) -> Document:
    """Both sessions. Raises RuntimeError, ReleaseRefused, FileNotFoundError."""
    path = os.environ.get("SEVA_TEST_CHROMIUM") or shutil.which("chromium")
    if path is None:
        raise RuntimeError("chromium is missing: run `make setup system`")
    catalogue = load_catalogue(data_folder())
    ranker = load(live_release(Path(os.environ.get("SEVA_MODELS_DIR") or "models").absolute()))
    steps.begin("Starting")
    messages = held_out(catalogue, given.seed)
    needed = 2 * given.messages
    if len(messages) < needed:
        raise RuntimeError(f"there are {len(messages)} held-out messages, not {needed}")
    first, second = messages[: given.messages], messages[given.messages : needed]
    truth = {_plain(one.text): one for one in (*first, *second)}
    async with workbench(folder, given.engine) as place:
        readers = [place.person(name, ["annotator"]) for name in ("Sita", "Ram")]
        review = open_review(place.settings.but({"review_twice_percent": 0.0}))
        try:
            await asyncio.to_thread(lay, review, first, ranker, "a")
            await place.supervisor.start()
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(
                    executable_path=path, args=["--no-sandbox", "--disable-gpu"]
                )
                cards = review.progress()[0]
                async with _page(browser, place, readers[0], scripts=True) as page:
                    await _with_sentences(page)
                    show = steps.begin("By keys")
                    names = names_of(catalogue)
                    keys = await by_keys(page, truth, names, cards, given.seed, show)
                keys["in_the_table"] = review.decided_by(readers[0].account.id)
                await asyncio.to_thread(lay, review, second, ranker, "b")
                more = review.progress()[0]
                async with _page(browser, place, readers[1], scripts=False) as page:
                    forms = await by_forms(page, truth, more, steps.begin("By forms"))
                await browser.close()
        finally:
            review.close()
    return {"cards": cards, "keys": keys, "forms": forms}


def _plain(text: str) -> str:
    """As a browser shows it."""
    return " ".join(text.split())


async def _with_sentences(page: Page) -> None:
    """Waits until the console has read the sentences of the live model, as at any start."""
    for _ in range(120):
        await page.reload()
        await page.wait_for_load_state("networkidle")
        if await page.locator("ol.near, ul.near").count():
            return
        await asyncio.sleep(2)
    raise RuntimeError("the nearest sentences do not come: is the live model of profile fast?")


def lines(found: Document) -> Iterator[str]:
    """The table."""
    keys, forms = found["keys"], found["forms"]
    heads = f"{'decisions':>10}{'a minute':>10}{'machine s':>11}{'p50':>8}{'p99':>8}{'longest':>9}"
    yield f"{'':28}{heads}  ms"
    for name, one in (("by keys", keys), ("peer: forms, no scripts", forms)):
        waits = one["key_to_card"]
        yield (
            f"{name:28}{one['decisions']:>10}{one['per_minute']:>10g}"
            f"{one['machine_s_a_decision']:>11g}{waits['p50_ms']:>8g}{waits['p99_ms']:>8g}"
            f"{waits['longest_ms']:>9g}"
        )
    yield f"with {READING_S:g} s of reading for each card; a second look at a card counts"
    yield f"by keys without the reading: {keys['per_minute_without_reading']:g} a minute"
    ratio = forms["machine_s_a_decision"] / keys["machine_s_a_decision"]
    yield f"machine time, forms to keys: {ratio:.2f} times"
    yield f"keys: {', '.join(f'{name} {count}' for name, count in keys['acts'].items())}"
    reached = "reached" if keys["per_minute"] >= WANTED else "missed"
    yield f"decisions a minute: {keys['per_minute']:g} (wanted {WANTED:g}: {reached})"
    yield f"kept in the table: {keys['in_the_table']} of {keys['kept']}"


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark review`."""
    parser = argparse.ArgumentParser(
        prog="seva benchmark review",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--messages", type=int, default=300, help="for each of both sessions")
    parser.add_argument("--engine", choices=ENGINES, default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args(list(argv))
    if given.messages < 1:
        parser.error("--messages is above 0")
    facts = machine()
    try:
        session = given.messages * (READING_S + _EXPECTED_S)
        expected = {"Starting": 60.0, "By keys": session, "By forms": session}
        with (
            tempfile.TemporaryDirectory(prefix="seva-review-") as folder,
            Steps(expected, quiet=given.json) as steps,
        ):
            found = asyncio.run(until_stopped(measured(given, Path(folder), steps)))
    except (RuntimeError, FileNotFoundError, ReleaseRefused) as problem:
        print(problem, file=sys.stderr)
        return 1
    found = {"machine": facts, "asked": vars(given), **found}
    if given.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        print("\n".join([machine_line(facts), versions_line(facts), *lines(found)]))
    keys = found["keys"]
    return 0 if keys["per_minute"] >= WANTED and keys["in_the_table"] == keys["kept"] else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
