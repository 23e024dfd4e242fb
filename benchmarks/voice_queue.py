"""`seva benchmark voice-queue`: how long texts wait while voice notes queue.

The whole product as `seva demo` starts it: simulated WhatsApp, webhook, inbox, worker, Rasa, action
server, sandbox, over real HTTP. Citizens write hold-out sentences at a steady rate, first alone,
then while as many voice notes as asked for wait to be heard. Times count from the message's
delivery by the simulator to the reply that reaches it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from benchmarks import command
from benchmarks.machine import free_port, machine
from nlu.catalogue import load_catalogue
from nlu.training.evaluate import holdout

ROOT = Path(__file__).resolve().parents[1]
NOTE = ROOT / "data" / "demo" / "voice-te.ogg"
ALONE_SECONDS = 20.0
LONGEST = 180.0
_SEED = 5


class Chat:
    """Citizens at the simulator."""

    def __init__(self, client: httpx.AsyncClient, listening: Collection[str]) -> None:
        """`listening` are the sentences that are no answer yet."""
        self._client, self._listening, self._citizens = client, listening, 0

    async def write(self, text: str) -> float:
        """A new citizen writes; seconds until the first reply."""
        sent = {"json": {"type": "text", "text": text, "language": "te"}}
        return await self._until_reply(sent)

    async def speak(self, note: bytes) -> float:
        """A new citizen sends a voice note; seconds until the answer."""
        form = {"language": "te", "type": "audio", "voice": "1"}
        sent = {"data": form, "files": {"file": ("note.ogg", note, "audio/ogg; codecs=opus")}}
        return await self._until_reply(sent)

    async def _until_reply(self, sent: dict[str, Any]) -> float:
        self._citizens += 1
        citizen = f"9198{self._citizens:08}"
        (sent.get("json") or sent["data"])["citizen"] = citizen
        began = time.perf_counter()
        answer = await self._client.post("/__inbound", **sent)
        answer.raise_for_status()
        query = {"citizen": citizen, "after": answer.json()["number"], "wait": LONGEST}
        while True:
            chats = (await self._client.get("/__outbox", params=query)).json()["citizens"]
            replies = chats.get(citizen, [])
            if not replies:
                raise RuntimeError(f"no reply within {LONGEST:.0f} s")
            if any(reply["text"] not in self._listening for reply in replies):
                return time.perf_counter() - began
            query["after"] = replies[-1]["number"]


async def _write_until(
    chat: Chat, texts: Sequence[str], rate: float, over: asyncio.Event
) -> list[float]:
    """Texts at `rate` a second (Poisson) until `over`."""
    chance = random.Random(_SEED)
    tasks: list[asyncio.Task[float]] = []
    while not over.is_set():
        tasks.append(asyncio.create_task(chat.write(texts[len(tasks) % len(texts)])))
        await asyncio.sleep(chance.expovariate(rate))
    return list(await asyncio.gather(*tasks))


async def measure(
    base: str, texts: Sequence[str], voices: int, rate: float, listening: Collection[str]
) -> dict[str, Any]:
    """Texts alone, then beside `voices` notes sent at once."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(
        base_url=base, timeout=LONGEST + 10, trust_env=False, limits=limits
    ) as client:
        chat = Chat(client, listening)
        await chat.write(texts[0])
        await chat.speak(NOTE.read_bytes())  # the speech model is loaded
        over = asyncio.Event()
        alone = asyncio.create_task(_write_until(chat, texts, rate, over))
        await asyncio.sleep(ALONE_SECONDS)
        over.set()
        found = {"alone": _summary(await alone)}
        over = asyncio.Event()
        note = NOTE.read_bytes()
        spoken = [asyncio.create_task(chat.speak(note)) for _ in range(voices)]
        beside = asyncio.create_task(_write_until(chat, texts, rate, over))
        times = await asyncio.gather(*spoken)
        over.set()
        found["beside"] = _summary(await beside)
        found["voices"] = _summary(times)
    return found


def _summary(seconds: Sequence[float]) -> dict[str, Any]:
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {
        "messages": len(seconds),
        "p50_s": round(cuts[49], 3),
        "p99_s": round(cuts[98], 3),
        "longest_s": round(max(seconds), 3),
    }


def run(voices: int, rate: float) -> dict[str, Any]:
    """The document that `--json` prints. Raises DemoError when a process does not start."""
    facts = machine()
    with tempfile.TemporaryDirectory(prefix="seva-voice-queue-") as folder:
        names = (
            *("SERVE", "INTERNAL", "WORKER_METRICS", "ACTIONS_METRICS", "CALLBACKS"),
            *("SIMULATOR", "SANDBOX", "DOCUMENTS", "CONSOLE"),
        )
        os.environ.update({f"SEVA_{name}_PORT": str(free_port()) for name in names})
        os.environ["SEVA_VAR_DIR"] = str(Path(folder) / "var")
        from api.demo.demo import PREPARED, Demo
        from api.demo.progress import StartProgress
        from nlu.settings.settings import Settings

        settings = Settings()
        terminal = Console(stderr=True)
        demo = Demo(settings, terminal, Path(folder) / "logs")
        try:
            with StartProgress(terminal, len(demo.parts_of()) + len(PREPARED)) as progress:
                demo.start(progress)
            base = f"http://{settings.simulator_host}:{settings.simulator_port}"
            catalogue = load_catalogue(settings.data_dir)
            texts = [row.text for row in holdout(catalogue)]
            random.Random(_SEED).shuffle(texts)
            listening = set(catalogue.phrases["listening"].values())
            found = asyncio.run(measure(base, texts, voices, rate, listening))
        finally:
            demo.stop()
    return {**found, "rate": rate, "machine": facts}


def lines(document: Mapping[str, Any]) -> Iterator[str]:
    """The table."""
    yield f"{document['rate']:g} texts a second; seconds until the reply"
    yield f"{'':30}{'messages':>9}{'p50':>8}{'p99':>8}{'longest':>9}"
    rows = {
        "texts alone": "alone",
        "texts while voice notes queue": "beside",
        "the voice notes": "voices",
    }
    for title, name in rows.items():
        m = document[name]
        cells = f"{m['p50_s']:>8}{m['p99_s']:>8}{m['longest_s']:>9}"
        yield f"{title:30}{m['messages']:>9}{cells}"


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark voice-queue`."""
    parser = argparse.ArgumentParser(
        prog="seva benchmark voice-queue",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--voices", type=int, default=20, help="voice notes sent at once")
    parser.add_argument("--rate", type=float, default=1.0, help="texts a second")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args(list(argv))
    if given.voices < 2 or given.rate <= 0:
        parser.error("--voices takes numbers from 2, --rate numbers above 0")
    from api.demo.demo import DemoError

    return command.finish(
        lambda: run(given.voices, given.rate),
        lines,
        as_json=given.json,
        failures=(DemoError, RuntimeError),
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
