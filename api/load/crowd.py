"""Citizens made by chance: who writes next, and what, from what they were told last."""

from __future__ import annotations

import heapq
import itertools
import math
import secrets
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from api.load.ledger import Sent
from api.load.plan import Manner, Plan
from api.load.words import Words, answer

_NUMBER = "91555{:07d}"
_NUMBERS = 10**7
"""A phone number that no network gives: Indian mobile numbers begin with 6 to 9. If a deployment
sends to the real WhatsApp after all, nobody is written to."""


@dataclass(frozen=True)
class Option:
    """What can be tapped."""

    id: str
    title: str
    listed: bool


@dataclass
class Citizen:
    """Writes in one key."""

    phone: str
    key: str
    sent: list[Sent] = field(default_factory=list)
    options: Sequence[Option] = ()
    text: str = ""
    """Of the last reply."""
    turns: int = 0
    """Messages of this conversation."""
    ready: float = 0.0
    _times: deque[float] = field(default_factory=deque)

    @property
    def waits(self) -> bool:
        """Whether an answer is owed."""
        return bool(self.sent) and self.sent[-1].answered is None

    @property
    def may_write(self) -> bool:
        """Not before the last message was taken: WhatsApp keeps no order of two that travel."""
        return not self.sent or self.sent[-1].accepted is not None

    def has_room(self, now: float, manner: Manner) -> bool:
        """Whether Seva still answers one who has written so much."""
        while self._times and self._times[0] < now - 3600:
            self._times.popleft()
        lately = sum(at > now - 60 for at in itertools.islice(reversed(self._times), 60))
        return lately < manner.most.minute and len(self._times) < manner.most.hour

    def note(self, sent: Sent) -> None:
        """Wrote."""
        self.sent = [*self.sent[-3:], sent]
        self._times.append(sent.due)
        self.turns += 1


class Crowd:
    """All citizens of a run. Who has something to answer and has thought long enough goes first,
    then who has nothing to do, then who is still thinking, and at last who waits: they write again,
    as people do."""

    def __init__(self, plan: Plan, manner: Manner, words: Words) -> None:
        self._plan, self._manner, self._words = plan, manner, words
        self._chance = Random(f"citizens/{plan.seed}")
        weights = [manner.keys[key] for key in plan.keys]
        keys = self._chance.choices(list(plan.keys), weights, k=plan.citizens)
        # Strangers in each run: a deployment knows message ids, and how much a phone has written.
        self._run, first = secrets.token_hex(4), secrets.randbelow(_NUMBERS)
        self.people = {
            (phone := _NUMBER.format((first + number) % _NUMBERS)): Citizen(phone, key)
            for number, key in enumerate(keys)
        }
        self._idle = deque(self.people.values())
        self._thinking: list[tuple[float, int, Citizen]] = []
        self._waiting: deque[Citizen] = deque()
        self._order = itertools.count()
        self._ids = itertools.count(1)

    def next(self, due: float, now: float) -> tuple[Sent, dict[str, Any]] | None:
        """The message that is due, and how WhatsApp writes it; None where nobody may write."""
        citizen = self._who(now)
        if citizen is None:
            return None
        act, content = self._said(citizen)
        number = citizen.sent[-1].number + 1 if citizen.sent else 0
        sent = Sent(
            f"wamid.load.{self._run}.{next(self._ids)}",
            citizen.phone,
            citizen.key,
            act,
            number,
            due,
        )
        citizen.note(sent)
        citizen.options, citizen.text = (), ""
        while self._waiting and not self._waiting[0].waits:
            self._waiting.popleft()
        self._waiting.append(citizen)
        return sent, content

    def hear(self, sent: Sent, text: str, options: Sequence[Option], now: float) -> None:
        """A reply to a message reaches its citizen, who thinks about it."""
        citizen = self.people[sent.citizen]
        citizen.text, citizen.options = f"{citizen.text}\n{text}", options or citizen.options
        think = self._manner.think
        pause = self._chance.lognormvariate(math.log(think.median), think.spread)
        citizen.ready = now + min(pause, think.longest)
        heapq.heappush(self._thinking, (citizen.ready, next(self._order), citizen))

    def _who(self, now: float) -> Citizen | None:
        found = self._thought(now) or self._rested(now) or self._thought(math.inf)
        return found or self._impatient(now)

    def _thought(self, until: float) -> Citizen | None:
        """Who has thought, the longest first. An entry that a later reply replaced is dropped."""
        while self._thinking and self._thinking[0][0] <= until:
            ready, _, citizen = heapq.heappop(self._thinking)
            if ready != citizen.ready or citizen.waits:
                continue
            weights = getattr(self._manner.acts, self._mood(citizen))
            ends = self._chance.random() * sum(weights.values()) < weights.get("end", 0.0)
            if ends or citizen.turns >= self._manner.longest:
                citizen.turns, citizen.options, citizen.text = 0, (), ""
                self._idle.append(citizen)
                continue
            if citizen.has_room(ready if until == math.inf else until, self._manner):
                return citizen
            self._idle.append(citizen)
        return None

    def _rested(self, now: float) -> Citizen | None:
        for _ in range(len(self._idle)):
            citizen = self._idle.popleft()
            if citizen.may_write and not citizen.waits and citizen.has_room(now, self._manner):
                citizen.turns = 0
                return citizen
            self._idle.append(citizen)
        return None

    def _impatient(self, now: float) -> Citizen | None:
        for _ in range(len(self._waiting)):
            citizen = self._waiting.popleft()
            if not citizen.waits:
                continue
            if citizen.may_write and citizen.has_room(now, self._manner):
                return citizen
            self._waiting.append(citizen)
        return None

    def _mood(self, citizen: Citizen) -> str:
        if citizen.options:
            return "buttons"
        return "question" if self._words.asked(citizen.text) is not None else "nothing"

    def _said(self, citizen: Citizen) -> tuple[str, dict[str, Any]]:
        """What they do, as a message of WhatsApp."""
        mood = self._mood(citizen) if citizen.turns else "nothing"
        weights: Mapping[str, float] = {
            name: weight
            for name, weight in getattr(self._manner.acts, mood).items()
            if name != "end"
        }
        act = self._chance.choices(list(weights), list(weights.values()))[0]
        if act == "tap" and citizen.options:
            return act, _tap(self._chance.choice(citizen.options))
        asked = self._words.asked(citizen.text) if act == "answer" else None
        if asked is not None:
            language = citizen.key.partition("-")[0]
            return act, _text(answer(asked, language, self._chance))
        return "begin", _text(self._words.begins(citizen.key, self._chance))


def _text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": {"body": words}}


def _tap(option: Option) -> dict[str, Any]:
    kind = "list_reply" if option.listed else "button_reply"
    content = {"type": kind, kind: {"id": option.id, "title": option.title}}
    return {"type": "interactive", "interactive": content}
