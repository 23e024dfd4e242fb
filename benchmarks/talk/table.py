"""Each kind of operation under each fault, as a citizen of each key meets it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.talk.citizen import RETRY, YES, value_of
from benchmarks.talk.data import PHONE
from benchmarks.talk.judge import Judge
from nlu.catalogue import Catalogue
from nlu.fast_yaml import load_yaml
from nlu.turn import Button, Message, Reply

if TYPE_CHECKING:
    from benchmarks.talk.place import Place  # brings Rasa

FAULTS = load_yaml((Path(__file__).parent / "faults.yml").read_text("utf-8"))
UNANSWERED = "unavailable_saved"
_LATER_S = 20.0


@dataclass(frozen=True)
class Case:
    """A kind of operation, a fault and the key that the citizen writes in."""

    kind: str
    mode: str
    key: str

    @property
    def answered(self) -> bool:
        """Whether the department's answer comes all the same."""
        return self.mode in FAULTS["answered"][self.kind]

    def department(self, catalogue: Catalogue) -> str:
        """Whose operation it is."""
        return catalogue.services[FAULTS["kinds"][self.kind]["service"]].department

    @property
    def name(self) -> str:
        """For people and for a tracker's sender."""
        return f"{self.kind}-{self.mode}-{self.key}"


@dataclass
class Outcome:
    """What the citizen read under the fault, and what is wrong with it; seconds of each turn."""

    case: Case
    said: str = ""
    wrong: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


CASES = [
    Case(kind, mode, key)
    for kind in FAULTS["kinds"]
    for mode in FAULTS["modes"]
    for key in FAULTS["agree"]
]


async def played(
    place: Place, judge: Judge, case: Case, delays: Mapping[str, float], pause: float
) -> Outcome:
    """The case, and then the same citizen trying again when all works. `pause` is how long the
    department is spared after failures, in seconds."""
    return await _Played(place, judge, case, delays, pause).run()


class _Played:
    def __init__(
        self, place: Place, judge: Judge, case: Case, delays: Mapping[str, float], pause: float
    ) -> None:
        self._place, self._judge, self._case = place, judge, case
        self._delays, self._pause = delays, pause
        self._kind: Mapping[str, Any] = FAULTS["kinds"][case.kind]
        self._service = place.catalogue.services[self._kind["service"]]
        self._language = place.catalogue.languages.keys[case.key].language
        self._outcome = Outcome(case)
        self._sender = f"table-{case.name}:{PHONE}"
        self._turns = 0

    async def run(self) -> Outcome:
        department, case = self._service.department, self._case
        await self._place.reset(department)
        before_yes = case.kind in ("write", "pending")
        if not before_yes:
            await self._place.fault(department, case.mode, self._delays.get(case.mode))
        replies = await self._says(self._kind["start"][case.key])
        if "then" in self._kind:
            await self._says(self._kind["then"][case.key])
        if before_yes:
            await self._place.fault(department, case.mode, self._delays.get(case.mode))
            replies = await self._says(FAULTS["agree"][case.key])
        self._outcome.said = _text(replies)
        self._is_true(replies)
        self._waits()
        await self._place.fault(department, "none")
        await asyncio.sleep(max(self._pause, self._delays.get("late", 0) * (case.mode == "late")))
        await self._tries_again(replies)
        if "later" in self._kind:
            await self._hears_later(**self._kind["later"])
        return self._outcome

    def _is_true(self, replies: Sequence[Reply]) -> None:
        """Under the fault: the answer where there is one, else that there is none."""
        said = _text(replies)
        if not self._case.answered:
            self._must(UNANSWERED, self._place.catalogue.phrases[UNANSWERED], said)
        elif self._case.kind == "look-up":
            if not any(value_of(button) == YES for button in _buttons(replies)):
                self._outcome.wrong.append(f"not asked to confirm: {said!r}")
        else:
            self._must("ok", self._service.replies["ok"], said)

    def _waits(self) -> None:
        """Whoever waits long is told so, once and in their language; who does not wait, is not. A
        machine with other work can make anybody wait, so the wait is measured."""
        words = self._place.letters.meanwhile(self._sender)
        languages = [language for language, _ in words]
        told = languages == [self._language]
        waited = max(self._outcome.seconds) >= self._place.working_seconds
        must_wait = self._case.mode in FAULTS["waits"]
        if not (told and waited) and (must_wait or languages):
            self._outcome.wrong.append(f"told while the department was slow: {words!r}")
        for _, text in words:
            self._outcome.wrong += self._judge.faults_of([Reply(text)], self._language, ())

    async def _tries_again(self, replies: Sequence[Reply]) -> None:
        """Works again: the citizen gets what they wanted, and it is done once."""
        retry = next((b for b in _buttons(replies) if value_of(b) == RETRY), None)
        if retry is not None:
            replies = await self._says(retry.payload, tapped=True)
        if self._kind.get("confirms"):
            yes = next((b for b in _buttons(replies) if value_of(b) == YES), None)
            if yes is not None:
                replies = await self._says(yes.payload, tapped=True)
            writes = await self._place.writes()
            operation = self._service.operation
            count = len([write for write in writes if write.operation == operation])
            # An order that was made for a bill is used again, whoever asks.
            if count > 1 or (count == 0 and self._case.kind in ("write", "pending")):
                self._outcome.wrong.append(f"done {count} times")
        self._must("ok", self._service.replies["ok"], _text(replies))

    async def _hears_later(self, path: str, body: Mapping[str, str], says: str) -> None:
        """The department's later answer comes, by callback, and once."""
        put = await self._place.client.put(f"{self._place.sandbox}/{path}", json=body)
        put.raise_for_status()
        until = time.monotonic() + _LATER_S
        while time.monotonic() < until and not self._letters(says):
            await asyncio.sleep(0.05)
        letters = self._letters(says)
        if [language for language, _ in letters] != [self._language]:
            self._outcome.wrong.append(f"told later, in {self._language}: {letters!r}")

    def _letters(self, says: str) -> list[tuple[str, str]]:
        told = self._place.letters.told(self._sender)
        return [(language, text) for language, text in told if says in text]

    async def _says(self, text: str, tapped: bool = False) -> list[Reply]:
        self._turns += 1
        language = await self._place.talks.language(self._sender)
        message = Message(
            text, self._sender, f"{self._sender}:{self._turns}", language, tapped=tapped
        )
        began = time.monotonic()
        replies = await self._place.turn(message)
        self._outcome.seconds.append(time.monotonic() - began)
        self._outcome.wrong += self._judge.faults_of(replies, self._language, ())
        return replies

    def _must(self, name: str, words: Mapping[str, str], said: str) -> None:
        if not self._judge.like(words[self._language], said):
            self._outcome.wrong.append(f"not {name} in {self._language}: {said!r}")


def _text(replies: Sequence[Reply]) -> str:
    return "\n".join(reply.text for reply in replies)


def _buttons(replies: Sequence[Reply]) -> list[Button]:
    return [button for reply in replies for button in reply.buttons]
