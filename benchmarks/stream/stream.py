"""Citizens who write at their own pace, whether they are answered or not, and what came of it."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx
import numpy as np

from benchmarks.upheaval.facts import Said
from benchmarks.upheaval.judge import Rules, Verdict, judged
from benchmarks.upheaval.place import Place
from benchmarks.upheaval.post import Letter, Post, letter
from benchmarks.upheaval.records import phones
from benchmarks.upheaval.witness import Witness
from benchmarks.upheaval.words import Words
from nlu.catalogue import Catalogue
from nlu.catalogue.model import Utterance
from nlu.fast_yaml import load_yaml
from nlu.settings.settings import Settings

_TICK_S = 0.02
_PROMPT = {
    "together": 1,
    "shared": 0,
    "late": 0,
    "double": 0,
    "waits": [0.3, 0.6, 1, 2],
}
"""How deliveries come: at once, and again until they are answered 200."""
Progress = Callable[[float], None]
"""Takes what is done of the part that runs, from 0 to 1."""


def load_settings() -> dict[str, Any]:
    """settings.yml."""
    text = (Path(__file__).parent / "settings.yml").read_text("utf-8")
    settings: dict[str, Any] = load_yaml(text)
    return settings


def citizens(settings: Mapping[str, Any], messages: float, rate: float) -> list[str]:
    """The phones of as many as it takes to write `messages`, `rate` in a second."""
    busy = max(messages / settings["each_most"], rate * settings["each_every"])
    return phones(0, math.ceil(busy) + 1)


def sayings(catalogue: Catalogue, settings: Mapping[str, Any]) -> list[str]:
    """What is written, of all keys in turn: utterances that name a number."""
    said = catalogue.services[settings["service"]].utterances
    by_key = [
        [
            text
            for utterance in said[key]
            for text in _filled(utterance, settings["slot"], settings["numbers"])
        ]
        for key in settings["keys"]
    ]
    return [text for texts in zip(*by_key) for text in texts]


def _filled(utterance: Utterance, slot: str, numbers: Sequence[str]) -> Iterator[str]:
    if [mark.slot for mark in utterance.marks] == [slot]:
        (mark,) = utterance.marks
        for number in numbers:
            yield utterance.text[: mark.start] + number + utterance.text[mark.end :]


@dataclass(frozen=True)
class Part:
    """What was written in one part of a run."""

    said: Sequence[Said]
    began: float
    ended: float


class Stream:
    """Writes to a place that runs, and watches what it sends."""

    def __init__(self, place: Place, words: Words, people: Sequence[str]) -> None:
        self.place, self.words = place, words
        self.settings = words.settings
        self.witness = Witness(place.book)
        self._texts = itertools.cycle(sayings(words.catalogue, self.settings))
        self._people = itertools.cycle(people)
        self._written: dict[str, int] = {}
        self._numbers = itertools.count(1)
        self._post = Post(place.webhook, Settings(), _PROMPT, Random(0))

    @property
    def refused(self) -> int:
        """Requests that were not answered 200."""
        return self._post.failed

    async def prepare(self) -> None:
        """Every department answers as late as the settings say."""
        fault = {"mode": "slow", "delay_s": self.settings["department_s"]}
        departments = self.words.catalogue.departments.values()
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            for department in filter(lambda one: one.called, departments):
                url = f"{self.place.sandbox}/__faults/{department.id}"
                (await client.put(url, json=fault)).raise_for_status()

    async def steady(
        self,
        rate: float,
        seconds: float,
        stop: asyncio.Event,
        progress: Progress = lambda _: None,
    ) -> Part:
        """`rate` messages a second (Poisson), each counted from when it was due."""
        chance, part, began = Random(f"{rate}"), [], time.time()
        due = began
        while due < began + seconds and not stop.is_set():
            while due <= time.time():
                said = self._says(due)
                part.append(said)
                self._post.send([letter(said)])
                due += chance.expovariate(rate)
            self.witness.look()
            progress((time.time() - began) / seconds)
            await asyncio.sleep(max(0.0, min(due - time.time(), _TICK_S)))
        return Part(part, began, time.time())

    async def burst(self, count: int, stop: asyncio.Event) -> Part:
        """`count` messages as fast as they are taken, many in one delivery."""
        part, began = [], time.time()
        each, size = self.settings["burst_each"], self.settings["burst_delivery"]
        while len(part) < count and not stop.is_set():
            if self._post.pending >= self.settings["burst_pending"]:
                await asyncio.sleep(0.001)
                continue
            letters: list[Letter] = []
            while len(letters) < min(size, count - len(part)):
                phone = next(self._people)
                wanted = min(each, size - len(letters), count - len(part) - len(letters))
                letters += [letter(self._says(time.time(), phone, each)) for _ in range(wanted)]
            part += [said for said, _ in letters]
            self._post.send(letters)
        while self._post.pending and not stop.is_set():
            await asyncio.sleep(0.005)
        return Part(part, began, time.time())

    async def answered(
        self, part: Part, stop: asyncio.Event, progress: Progress = lambda _: None
    ) -> bool:
        """Waits until all of a part is answered; False where nothing came for so long that the
        rest is lost, or it was stopped."""
        wanted = {said.id for said in part.said}
        left, quiet = len(wanted), time.time()
        while not stop.is_set():
            self.witness.look()
            still = len(wanted & self.witness.open)
            progress(1 - still / max(len(wanted), 1))
            if still < left:
                left, quiet = still, time.time()
            if not still:
                return True
            if time.time() - quiet > self.settings["grace"]:
                return False
            await asyncio.sleep(_TICK_S)
        return False

    async def close(self) -> None:
        """Gives up on deliveries under way."""
        await self._post.close()

    def verdict(self) -> Verdict:
        """What is wrong with all that was sent, by the rules of `seva benchmark chaos`."""
        nothing: dict[str, Sequence[str]] = {}
        rules = Rules(lambda _: "", excused=nothing, refused_as_double=lambda _: False)
        return judged(self.witness.facts((), ()), rules)

    def others(self) -> int:
        """Replies that tell no bill: apologies and questions."""
        service = self.words.catalogue.services[self.settings["service"]]
        sends = [send for send in self.witness.sends if send.answers]
        return sum(not self.words.outcome(service, "ok", send.text) for send in sends)

    def waits(self, part: Part) -> list[float]:
        """Seconds from when a message was due to its first reply."""
        first: dict[str, float] = {}
        for send in self.witness.sends:
            first.setdefault(send.answers, send.at)
        return [first[said.id] - said.posted for said in part.said if said.id in first]

    def taken(self, part: Part) -> list[float]:
        """Seconds from when a message was due to the 200."""
        return [said.taken - said.posted for said in part.said if said.taken is not None]

    def drained_per_second(self, part: Part) -> float:
        """Messages a second from the tenth to the ninetieth in a hundred that were answered."""
        ids = {said.id for said in part.said}
        first: dict[str, float] = {}
        for send in self.witness.sends:
            if send.answers in ids:
                first.setdefault(send.answers, send.at)
        times = sorted(first.values())
        low, high = len(times) // 10, len(times) * 9 // 10
        return (high - low) / (times[high] - times[low])

    def _says(self, due: float, phone: str = "", earlier: int = 0) -> Said:
        """The next text, of the next citizen, who wrote it so many seconds before."""
        phone = phone or next(self._people)
        written = max(int(due) - earlier, self._written.get(phone, 0) + 1)
        self._written[phone] = written
        name = f"wamid.in.{phone}.{next(self._numbers)}"
        said = Said(name, phone, written, next(self._texts), "ask", posted=due)
        self.witness.hear(said)
        return said


def summary(seconds: Sequence[float]) -> dict[str, float]:
    """Milliseconds."""
    if not len(seconds):
        return {"messages": 0}
    p50, p95, p99, longest = 1000 * np.percentile(seconds, [50, 95, 99, 100])
    return {
        "messages": len(seconds),
        "p50_ms": round(float(p50), 1),
        "p95_ms": round(float(p95), 1),
        "p99_ms": round(float(p99), 1),
        "longest_ms": round(float(longest), 1),
    }
