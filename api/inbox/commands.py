"""What an operator does with messages that were given up: the bodies of `seva inbox ...`.

Each prints what it found and returns the exit code: 0, or 1 with the reason on standard error.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import datetime

from api.inbox.letters import Letter, Letters, NotNow
from api.inbox.open import database_file, open_databases, open_inbox
from api.whatsapp.policy import load_policy
from nlu.paths import data_folder
from nlu.settings.groups import State
from nlu.storage.database import DatabaseAway
from nlu.storage.moved import moved_name

_ALL, _LOST = "all", "lost"
_MOST = 100_000
_DAY = 86400


def list_command(*, waiting: bool, most: int, as_json: bool) -> int:
    """Print dead letters, or messages that wait."""
    state = "waiting" if waiting else "dead"
    return _with(lambda letters: _print(letters.some(state, most), state, as_json))


def show_command(number: int, *, as_json: bool) -> int:
    """Print one message, masked."""

    def show(letters: Letters) -> int:
        letter = letters.one(number)
        if letter is None:
            print(f"there is no message {number} that waits or was given up", file=sys.stderr)
            return 1
        if as_json:
            print(json.dumps(asdict(letter), ensure_ascii=False))
            return 0
        for name, value in asdict(letter).items():
            shown = _when(value) if name == "received_at" else value
            print(f"{name:<12} {'-' if shown is None else shown}")
        return 0

    return _with(show)


def requeue_command(numbers: Sequence[str]) -> int:
    """Have dead letters answered after all."""
    return _with(lambda letters: _each(letters, numbers, letters.requeue, "waits again"))


def drop_command(numbers: Sequence[str]) -> int:
    """Forget the words of dead letters, or what waits for a key that is lost."""
    if list(numbers) == [_LOST]:
        return _with(_drop_lost)
    return _with(lambda letters: _each(letters, numbers, letters.drop, "is dropped"))


def purge_command() -> int:
    """Delete what was kept long enough, as every worker does each hour."""
    settings = State.read()
    if not is_there(settings):
        return 1
    try:
        print(f"messages deleted: {asyncio.run(_purge(settings))}")
    except (DatabaseAway, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


async def _purge(settings: State) -> int:
    inbox = open_inbox(settings, load_policy(data_folder() / "whatsapp.yml"))
    try:
        days = settings.keep_days, settings.keep_trackers_days, settings.keep_review_days
        return await inbox.purge(*(one * _DAY for one in days))
    finally:
        await inbox.close()


def hold_command() -> int:
    """Keep what waits from being answered, and replies from being sent, by themselves."""
    return _with(_hold)


def _hold(letters: Letters) -> int:
    held = letters.hold()
    print(f"rows held: {held}; `seva inbox list` shows the messages" if held else "nothing waits")
    return 0


def _drop_lost(letters: Letters) -> int:
    rows = letters.drop_lost()
    print(f"rows dropped: {rows}" if rows else "nothing waits for a key that is not here")
    return 0


def is_there(settings: State) -> bool:
    """Whether there is an inbox; says so where there is none."""
    file = database_file(settings)
    if file is not None and not file.is_file() and not moved_name(file).exists():
        print(f"{file}: there is no inbox yet; `seva serve` makes it", file=sys.stderr)
        return False
    return True


def _with(work: Callable[[Letters], int]) -> int:
    settings = State.read()
    if not is_there(settings):
        return 1
    try:
        letters = Letters(*open_databases(settings))
    except (DatabaseAway, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    with closing(letters):
        return work(letters)


def _each(
    letters: Letters, numbers: Sequence[str], see_to: Callable[[int], None], done: str
) -> int:
    wanted = [str(one.number) for one in letters.some("dead", _MOST)]
    failed = 0
    for number in wanted if list(numbers) == [_ALL] else numbers:
        try:
            see_to(int(number))
            print(f"{number} {done}")
        except NotNow as error:
            print(error, file=sys.stderr)
            failed = 1
        except ValueError:
            print(f"`{number}` is no number of a message, nor `{_ALL}`", file=sys.stderr)
            failed = 1
    return failed


def _print(found: Sequence[Letter], state: str, as_json: bool) -> int:
    if as_json:
        print(json.dumps([asdict(letter) for letter in found], ensure_ascii=False))
        return 0
    if not found:
        print("no message was given up" if state == "dead" else "no message waits")
    for one in found:
        tries = f"{one.attempts} failed, {one.deaths} died"
        print(f"{one.number}  {_when(one.received_at)}  {one.kind}  {tries}  {one.reason or '-'}")
    return 0


def _when(moment: float) -> str:
    return datetime.fromtimestamp(moment).astimezone().isoformat(" ", "seconds")
