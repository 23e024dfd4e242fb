"""Ten seconds after a conversation no file below SEVA_VAR_DIR and no log has an Aadhaar number in
it, however it was written or said: deleted rows, free pages and write-ahead logs included."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from benchmarks.upheaval.facts import Said
from benchmarks.upheaval.place import placed
from benchmarks.upheaval.post import Post, letter
from benchmarks.upheaval.witness import Witness
from benchmarks.upheaval.words import load_settings
from nlu.catalogue import shared_catalogue
from nlu.settings.settings import Settings
from tests.attacks.aadhaar_spellings import NUMBER, spellings

PROMPT = {"late": 0, "late_s": 0, "together": 0, "shared": 0, "shared_s": 0, "double": 0}
BEGINNING = ("I want to apply for the CM relief fund", "Ravi Kumar")
"""The form then asks for a number of the Aadhaar kind."""
EACH = 6  # spellings of one citizen; more messages in a minute are not taken


def talks() -> Iterator[tuple[str, list[str]]]:
    """Citizens and what they write: half of the spellings in a form, half with nothing open."""
    texts = [text for _, text in spellings(NUMBER)]
    for number in range(0, len(texts), EACH):
        some = texts[number : number + EACH]
        begin = list(BEGINNING) if number // EACH % 2 else []
        yield f"91984802{number:04}", [*begin, *some]


def traces(text: str) -> set[bytes]:
    """How a spelling may lie in a file: as it is, as JSON, without its separators."""
    escaped = text.encode("ascii", "backslashreplace")
    return {text.encode(), escaped, NUMBER.encode(), b"2341 2341 2346", b"2341-2341-2346"}


@pytest.mark.nightly
def test_nothing_is_left_at_rest(tmp_path: Path) -> None:
    asyncio.run(_talked(tmp_path))
    wanted = set().union(*(traces(text) for _, text in spellings(NUMBER)))
    files = [file for file in tmp_path.rglob("*") if file.is_file() and not file.is_symlink()]
    looked_at = [f for f in files if f.suffix != ".jsonl" and "data" not in f.parts]
    assert any(file.name == "seva.sqlite" for file in looked_at)
    found = {
        (str(file.relative_to(tmp_path)), trace)
        for file in looked_at
        if (content := file.read_bytes())
        for trace in wanted
        if trace in content
    }
    assert not found


async def _talked(folder: Path) -> None:
    citizens = dict(talks())
    place = placed(folder, shared_catalogue(Path("data")), load_settings(), 1, list(citizens))
    post = Post(place.webhook, Settings(), {**PROMPT, "waits": [0.5]}, Random(1))
    try:
        await place.supervisor.start()
        count = 0
        for phone, texts in citizens.items():
            for text in texts:
                count += 1
                said = Said(f"wamid.rest.{count}", phone, int(time.time()), text, "say")
                post.send([letter(said)])
                await asyncio.sleep(0.05)  # the order of one citizen's messages
        await _answered(Witness(place.book), count)
        await asyncio.sleep(10)
    finally:
        await post.close()
        await place.supervisor.stop()


async def _answered(witness: Witness, count: int) -> None:
    until = time.monotonic() + 300
    answered: set[str] = set()
    while len(answered) < count and time.monotonic() < until:
        answered |= {send.answers for send in witness.look()}
        await asyncio.sleep(0.5)
    assert len(answered) == count
