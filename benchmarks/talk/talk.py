"""One talk of a citizen made by chance, turn by turn, with faults before the turns."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from actions.sandbox.faults import Mode
from api.failures import GiveUp, Wait, after, died_too_often
from api.whatsapp.policy import load_policy, step
from benchmarks.talk.answers import load_answers
from benchmarks.talk.citizen import RETRY, YES, Citizen, Said, Words, value_of
from benchmarks.talk.data import PHONE
from benchmarks.talk.judge import Account, Judge
from benchmarks.talk.place import ROOT, Place
from nlu.catalogue import Catalogue
from nlu.fast_yaml import load_yaml
from nlu.turn import Message, Reply, TurnFailed

SETTINGS = Path(__file__).parent / "settings.yml"
STEERING = ROOT / "data" / "dialogue.yml"
WORKS: Mode = "none"
POLICY = load_policy(ROOT / "data" / "whatsapp.yml")
"""The worker's own."""


@dataclass(frozen=True)
class Turn:
    """One message and its answer; `killed` if the action server died meanwhile, by any talk."""

    message: Said
    fault: str
    replies: tuple[Reply, ...]
    seconds: float
    killed: bool = False


@dataclass
class Talk:
    """What was said, what is wrong with it and what was written."""

    seed: int
    key: str
    departments: tuple[str, ...]
    turns: list[Turn] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    writes: int = 0


def load_words(catalogue: Catalogue) -> Words:
    """What citizens can say."""
    settings = load_yaml(SETTINGS.read_text("utf-8"))
    answers, _ = load_answers()
    dialogue = load_yaml(STEERING.read_text("utf-8"))
    return Words(catalogue, answers, settings, dialogue["words"], dialogue["numbers"]["lacks"])


async def talked(place: Place, words: Words, judge: Judge, seed: int, lane: int) -> Talk:
    """The talk of a seed; no other talk changes the faults of the lane's departments."""
    return await _Talking(place, words, judge, seed, lane).run()


class _Talking:
    def __init__(self, place: Place, words: Words, judge: Judge, seed: int, lane: int) -> None:
        self._place, self._settings, self._judge = place, words.settings, judge
        self._random = Random(seed)
        departments = tuple(self._settings["lanes"][lane])
        key = self._random.choice(sorted(words.catalogue.languages.keys))
        self._citizen = Citizen(self._random, words, key, departments)
        self._account = Account(judge)
        self._talk = Talk(seed, key, departments)
        self._sender = f"talk-{seed}:{PHONE}"
        self._mode: Mode = WORKS
        self._expected: str | None = None

    async def run(self) -> Talk:
        first, last = self._settings["turns"]
        count = self._random.randint(first, last)
        doomed = self._random.random() < self._settings["kill"]
        killed = self._random.randrange(count) if doomed else -1
        replies: Sequence[Reply] = ()
        for number in range(count):
            await self._weather(replies)
            message = self._citizen.next(replies)
            replies = await self._turn(number, message, kill=number == killed) or replies
        await self._calm()
        await self._last_try(count, replies)
        await self._post()
        books = await self._place.writes()
        self._judge.knows(books)
        own = self._account.own(books)
        self._talk.writes = len(own)
        self._talk.broken += self._account.closed(own)
        return self._talk

    async def _weather(self, replies: Sequence[Reply]) -> None:
        """The fault may change before a message, most of all before one that may confirm."""
        values = {value_of(button) for reply in replies for button in reply.buttons}
        chance = self._settings["fault_confirm" if values & {YES, RETRY} else "fault"]
        if self._random.random() >= chance:
            return
        modes: dict[Mode, int] = self._settings["modes"]
        self._mode = self._random.choices(list(modes), list(modes.values()))[0]
        for department in self._talk.departments:
            delay = self._settings["delays"].get(self._mode)
            await self._place.fault(department, self._mode, delay)

    async def _calm(self) -> None:
        """All works again, and what was under way is over."""
        self._mode = WORKS
        for department in self._talk.departments:
            await self._place.fault(department, WORKS)
        met = {turn.fault for turn in self._talk.turns}
        pause = self._settings["departments"]["breaker"]["reset_after"]
        await asyncio.sleep(max([pause, *(s for f, s in self._delays() if f in met)]))

    def _delays(self) -> list[tuple[str, float]]:
        delays: Mapping[str, float] = self._settings["delays"]
        return [(fault, s) for fault, s in delays.items() if fault != "maintenance"]

    async def _last_try(self, number: int, replies: Sequence[Reply]) -> None:
        """Whoever taps the retry button when all works gets an answer."""
        buttons = [button for reply in replies for button in reply.buttons]
        retry = next((button for button in buttons if value_of(button) == RETRY), None)
        if retry is None or self._random.random() >= self._settings["last_retry"]:
            return
        for more in range(self._settings["last_tries"]):  # a busy machine may be late once
            answer = await self._turn(number + more, Said("last try", retry.payload, tapped=True))
            if answer is None or not self._spares(answer):
                return
            await asyncio.sleep(self._settings["departments"]["breaker"]["reset_after"])
        self._talk.broken.append("no answer though the department works again")

    def _spares(self, replies: Sequence[Reply]) -> bool:
        """Whether a department of this talk, which all works now, is said not to answer."""
        said = _said(replies)
        names = [self._place.catalogue.departments[one].title for one in self._talk.departments]
        named = any(title in said for words in names for title in words.values())
        return named and self._judge.phrase("unavailable_saved", said)

    async def _post(self) -> None:
        """Notices are read; those about lost answers are waited for."""
        until = time.monotonic() + self._settings["notice_s"]
        waits = self._account.untold(await self._place.writes())
        told: list[tuple[str, str]] = []
        while waits and not told and time.monotonic() < until:
            await asyncio.sleep(0.2)
            told = self._place.letters.told(self._sender)
        self._account.reads(self._place.letters.told(self._sender))

    async def _turn(self, number: int, message: Said, kill: bool = False) -> Sequence[Reply] | None:
        """The answer to a message, or None where the worker would have apologised."""
        about = self._account.asks(message, self._place.request(self._sender))
        began, attempt, death = time.monotonic(), 1, None
        words = self._place.letters.meanwhile(self._sender)
        deaths = self._place.deaths - self._place.down
        if kill:
            death = asyncio.create_task(self._killed())
        replies: list[Reply] | None = None
        lost = 0
        while replies is None and not died_too_often(lost, POLICY):
            try:
                replies = await self._sent(number, message)
            except TurnFailed as error:
                healthy = await self._place.is_healthy()
                follows = after(error, attempt, healthy=healthy, policy=POLICY)
                if isinstance(follows, GiveUp):
                    break
                if isinstance(follows, Wait):
                    lost += follows.died
                    await self._well()
                else:
                    attempt += 1
                    await asyncio.sleep(follows.seconds)
        if replies is None:
            self._talk.broken.append(f"turn {number}: no answer")
        seconds = time.monotonic() - began
        if death is not None:
            await death
        died = kill or self._place.deaths > deaths
        turn = Turn(message, self._mode, tuple(replies or ()), seconds, died)
        self._talk.turns.append(turn)
        if replies is None:
            self._account.failed(about)
            return None
        if message.act == "twice" and await self._sent(number, message) != replies:
            self._talk.broken.append(f"turn {number}: delivered again, it is answered otherwise")
        await self._judged(number, message, replies)
        await self._waited(number, self._place.letters.meanwhile(self._sender)[len(words) :])
        self._account.opens(self._place.request(self._sender))
        books = await self._place.writes() if self._account.claims(replies) else []
        self._account.answered(about, replies, books)
        return replies

    async def _well(self) -> None:
        """As the worker waits for what is away."""
        number = 0
        while not await self._place.is_healthy():
            number += 1
            await asyncio.sleep(step(POLICY.retry.outage.wait, number))

    async def _waited(self, number: int, words: Sequence[tuple[str, str]]) -> None:
        """What was said before the answer: once, and in the language of the answer."""
        if not words:
            return
        language = await self._place.talks.language(self._sender)
        if [one for one, _ in words] != [language]:
            self._talk.broken.append(f"turn {number}: meanwhile {words!r}, in {language}")
        self._account.reads(words)

    async def _killed(self) -> None:
        await asyncio.sleep(self._random.random() * 0.6)
        await self._place.kill_actions()

    async def _sent(self, number: int, said: Said) -> list[Reply]:
        language = await self._place.talks.language(self._sender)
        message = Message(
            said.text,
            self._sender,
            f"{self._sender}:{number}",
            language,
            tapped=said.tapped,
            location=said.location,
            media=said.media,
        )
        return await self._place.turn(message)

    async def _judged(self, number: int, message: Said, replies: Sequence[Reply]) -> None:
        language = await self._place.talks.language(self._sender) or ""
        act, _, named = message.act.partition(":")
        if act == "language" and self._judge.phrase("language_changed", _said(replies)):
            self._expected = named
        elif act == "start" and number == 0 and self._talk.key in ("te", "hi"):
            self._expected = self._talk.key
        elif not message.tapped:
            self._expected = None  # their words may have changed it
        own_words = [turn.message.text for turn in self._talk.turns]
        wrong = self._judge.faults_of(replies, self._expected or language, own_words)
        turns = self._talk.turns
        before = [reply for turn in turns[:-1] for reply in turn.replies]
        wrong += self._judge.misread([turn.message for turn in turns], before, replies)
        self._talk.broken += [f"turn {number}: {one}" for one in wrong]


def _said(replies: Sequence[Reply]) -> str:
    return "\n".join(reply.text for reply in replies)
