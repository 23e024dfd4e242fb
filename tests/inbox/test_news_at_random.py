"""News through whatever happens: each is read exactly once, in its own words or as a template.

Random citizens' messages, days of silence, refusals, lost answers, killed workers and statuses;
then a healthy day on which the citizen writes. WhatsApp's own books say what was read.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from api.inbox.store import StoredInbox
from api.notices import as_news
from api.whatsapp.outgoing import Outgoing, Parcel
from api.whatsapp.payload import Status
from api.whatsapp.sender import SendFailed, SendInDoubt
from nlu.turn import Document, Notice
from tests.inbox.test_notices import NEWS, WORDING
from tests.inbox.worker_fakes import POLICY, Clock, FakeEngine, make_worker, message, open_store

pytestmark = pytest.mark.slow  # thousands of commits
DAY = 86400.0
STEPS = 40


@dataclass
class Meta:
    """WhatsApp with a window of its own: what it took is read, unless a status says otherwise."""

    clock: Clock
    dice: random.Random
    healthy: bool = False
    wrote_at: float = 0.0
    read: list[tuple[str, Outgoing]] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)

    async def send(self, parcel: Parcel) -> str:
        """Takes, refuses, or breaks off after it took."""
        fate = 1.0 if self.healthy else self.dice.random()
        if fate < 0.1:
            raise SendFailed("retry", 131000)
        template = parcel.message.template is not None
        if not template and self.clock.now - self.wrote_at > DAY - 60:  # its clock, not ours
            if fate < 0.4:  # takes it, and says later that it could not
                name = f"wamid.L{self.dice.random()}"
                late = Status(name, "failed", tracker=parcel.tracker, code=131047)
                self.statuses.append(late)
                return name
            raise SendFailed("park", 131047)
        if template and fate < 0.25:
            raise SendFailed("final", 132001)
        name = f"wamid.OUT{len(self.read)}"
        self.read.append((parcel.tracker, parcel.message))
        for state in ("sent", "delivered", "read"):
            self.statuses.append(Status(name, state, tracker=parcel.tracker))
        if fate < 0.35:
            raise SendInDoubt("the connection broke")
        return name

    async def show_typing(self, phone_number_id: str, message_id: str) -> None:
        """Nobody looks."""


class Life:
    """One citizen's days."""

    def __init__(self, path: Path, seed: int) -> None:
        self.dice, self.clock = random.Random(seed), Clock()
        self.meta = Meta(self.clock, self.dice)
        self.store: StoredInbox = open_store(path, self.clock)
        self.written = 0
        self.told: list[Notice] = []

    async def write(self) -> None:
        self.written += 1
        self.meta.wrote_at = self.clock.now
        await self.store.put([message(self.written, "hi", phone="91984")])

    async def tell(self) -> None:
        notice = replace(NEWS, id=f"n{len(self.told)}", text=f"news {len(self.told)}.")
        if self.dice.random() < 0.5:
            notice = replace(notice, document=Document("https://x.example/1.pdf", "1.pdf"))
        self.told.append(notice)
        for _ in range(self.dice.choice((1, 2))):  # the action server may tell it again
            await self.store.tell(as_news(notice, WORDING, POLICY))

    async def work(self) -> None:
        await make_worker(self.store, FakeEngine(), self.meta, self.clock).drain()  # type: ignore[arg-type]

    async def die(self) -> None:
        """A worker claims and is never seen again."""
        await self.store.outbox.claim("gone", 1)

    async def report(self) -> None:
        """Statuses arrive."""
        now, self.meta.statuses = self.meta.statuses, []
        await self.store.put([], now)

    async def pass_time(self) -> None:
        """Statuses are faster: a lost answer without one is sent again, as every reply is."""
        await self.report()
        self.clock.now += self.dice.choice((1.0, 61.0, 400.0, DAY - 30, DAY + 1))

    async def live(self) -> None:
        actions = (self.write, self.tell, self.work, self.work, self.die, self.report)
        await self.write()
        for _ in range(STEPS):
            await self.dice.choice((*actions, self.pass_time))()

    async def heal(self) -> None:
        """A day on which all works: the citizen writes, and waits long enough."""
        self.meta.healthy = True
        for _ in range(4):
            now, self.meta.statuses = self.meta.statuses, []
            await self.store.put([], now)
            self.clock.now += 400
            await self.write()
            await self.work()


@pytest.mark.parametrize("seed", range(40))
async def test_news_are_read_once_whatever_happens(tmp_path: Path, seed: int) -> None:
    life = Life(tmp_path / "life.sqlite", seed)
    await life.live()
    await life.heal()
    await life.store.close()
    read = Counter(
        (notice.id, sent.kind)
        for notice in life.told
        for _, sent in life.meta.read
        if notice.text in sent.text
    )
    for notice in life.told:
        words, template = "document" if notice.document else "text", "template"
        if notice.document:
            assert read[notice.id, words] == 1, "the file came once"
        else:
            assert read[notice.id, words] + read[notice.id, template] == 1
        assert read[notice.id, template] <= 1
