"""What staff do with requests that were handed over to them: the bodies of `seva handover ...`.

Each prints what it did and returns the exit code: 0, or 1 with the reason on standard error.
"""

from __future__ import annotations

import asyncio
import functools
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from typing_extensions import ParamSpec

from actions.citizens.handover import FILE, Case, Handovers
from actions.dialogue.display import label
from actions.news.client import NoticesClient
from actions.news.notices import NoticeRefused, UnknownCitizen
from nlu.catalogue import Catalogue, shared_catalogue
from nlu.paths import data_folder, var_folder
from nlu.settings.settings import ActionsSettings
from nlu.storage.sealing import Unreadable
from nlu.text.masking import last_four

_P = ParamSpec("_P")
_SHOWN_IN = "en"  # staff's language for the names of services and details


def _told(command: Callable[_P, None]) -> Callable[_P, int]:
    """Failures that staff can do something about, in one line."""

    @functools.wraps(command)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> int:
        try:
            command(*args, **kwargs)
        except KeyError as error:
            print(f"there is no request {error.args[0]}", file=sys.stderr)
            return 1
        except Unreadable:
            print("no key opens this request: see `seva keys check`", file=sys.stderr)
            return 1
        except UnknownCitizen:
            print("the citizen never wrote on WhatsApp: call them", file=sys.stderr)
            return 1
        except NoticeRefused as error:
            print(f"not sent ({error}): is `seva serve` running? Try again", file=sys.stderr)
            return 1
        except ValueError as error:
            print(error, file=sys.stderr)
            return 1
        return 0

    return run


@_told
def list_command(*, everything: bool = False, as_json: bool = False) -> None:
    """Print the requests that wait, the oldest first."""
    handovers, catalogue = _handovers(), _catalogue()
    cases = handovers.cases(everything=everything)
    if as_json:
        print(json.dumps([_facts(case) for case in cases], ensure_ascii=False, indent=2))
        return
    for case in cases:
        state = "answered" if case.closed else "waiting"
        what = [case.number, _when(case), state, case.record.language, case.record.why]
        print("  ".join([*what, _service(case, catalogue)]))
    if not cases:
        print("Nobody waits.")


@_told
def show_command(number: str, *, private: bool = False, as_json: bool = False) -> None:
    """Print all that is known of a request; private numbers in full only if `private`."""
    case, catalogue = _handovers().case(number), _catalogue()
    details = _details(case, catalogue, private=private)
    if as_json:
        facts = {**_facts(case), "citizen": case.citizen, "last": case.record.last}
        print(json.dumps({**facts, "values": details}, ensure_ascii=False, indent=2))
        return
    record = case.record
    rows = {
        "Number": case.number,
        "State": "answered" if case.closed else "waiting",
        "Since": _when(case),
        "Citizen": case.citizen,
        "Language": record.language,
        "Service": _service(case, catalogue),
        "Why": f"{record.why}, after {record.attempts} unfitting answers",
        "Asked for": _asked(case, catalogue),
        "Last words": record.last,
        **{f"  {name}": value for name, value in details.items()},
    }
    width = max(len(name) for name in rows)
    for name, value in rows.items():
        print(f"{name:<{width}}  {value}")


@_told
def answer_command(number: str, text: str, *, keep_open: bool = False) -> None:
    """Send a person's words to the citizen and close the request."""
    if not text.strip():
        raise ValueError("say something to the citizen")
    handovers, catalogue = _handovers(), _catalogue()
    settings = ActionsSettings.read()

    async def send() -> None:
        notices = NoticesClient(settings.notices_address, settings.notices_key)
        try:
            case = handovers.case(number)
            language = await notices.language_of(case.citizen) or case.record.language
            service = catalogue.services.get(case.record.service)
            about = f"{service.title[language]}, {number}" if service else number
            await handovers.answer(number, text, language, about, notices)
        finally:
            await notices.close()

    asyncio.run(send())
    if keep_open:
        handovers.set_closed(number, closed=False)
    print(f"Sent. Request {number} {'stays open' if keep_open else 'is closed'}.")


@_told
def close_command(number: str) -> None:
    """Close a request without a word to the citizen."""
    handovers = _handovers()
    handovers.case(number)
    handovers.set_closed(number, closed=True)
    print(f"Request {number} is closed.")


def _facts(case: Case) -> dict[str, object]:
    record = asdict(case.record)
    shown = {name: record[name] for name in ("service", "asked", "attempts", "why", "language")}
    return {"number": case.number, "closed": case.closed, "since": _when(case), **shown}


def _details(case: Case, catalogue: Catalogue, *, private: bool) -> dict[str, str]:
    """What was told, by the names of the details; sensitive values with their last four signs."""
    service = catalogue.services.get(case.record.service)
    slots = {slot.name: slot for slot in service.slots} if service else {}
    found = {}
    for name, value in case.record.values.items():
        slot = slots.get(name)
        hidden = slot is not None and slot.type.sensitive and not private
        found[label(slot, _SHOWN_IN) if slot else name] = last_four(value) if hidden else value
    return found


def _asked(case: Case, catalogue: Catalogue) -> str:
    service = catalogue.services.get(case.record.service)
    slots = service.slots if service else ()
    found = (label(slot, _SHOWN_IN) for slot in slots if slot.name == case.record.asked)
    return next(found, case.record.asked)


def _service(case: Case, catalogue: Catalogue) -> str:
    service = catalogue.services.get(case.record.service)
    return service.title[_SHOWN_IN] if service else case.record.service


def _when(case: Case) -> str:
    return datetime.fromtimestamp(case.record.at, ActionsSettings.read().zone).isoformat(
        " ", "minutes"
    )


def _handovers() -> Handovers:
    return Handovers(var_folder() / FILE)


def _catalogue() -> Catalogue:
    return shared_catalogue(data_folder())
