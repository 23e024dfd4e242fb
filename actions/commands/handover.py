"""`seva handover`: for staff who go on with what the dialogue could not finish.

What a command needs is imported when it runs, so that `seva --help` stays quick.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from nlu.commands.options import Json
from nlu.paths import data_folder

if TYPE_CHECKING:
    from actions.citizens.handover import Case, Handovers
    from nlu.catalogue import Catalogue

app = typer.Typer(
    name="handover",
    help="Requests handed over to a person. List them, read them, answer the citizen.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="As the citizen was told it.")]
_SHOWN_IN = "en"  # staff's language for the names of services and details


@app.command("list")
def list_requests(
    everything: Annotated[bool, typer.Option("--all", help="Also those answered.")] = False,
    json_output: Json = False,
) -> None:
    """List who waits. The oldest first, with service, language and why."""
    with _told():
        cases, catalogue = _handovers().cases(everything=everything), _catalogue()
        if json_output:
            print(json.dumps([_facts(case) for case in cases], ensure_ascii=False, indent=2))
            return
        for case in cases:
            state = _state(case)
            what = [case.number, _when(case), state, case.record.language, case.record.why]
            print("  ".join([*what, _service(case, catalogue)]))
        if not cases:
            print("Nobody waits.")


@app.command()
def show(
    number: Number,
    private: Annotated[
        bool, typer.Option("--private", help="Aadhaar and account numbers in full.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Show a request. All that was told, and the question that was open."""
    with _told():
        case, catalogue = _handovers().case(number), _catalogue()
        details, record = _details(case, catalogue, private=private), case.record
        if json_output:
            facts = {**_facts(case), "citizen": case.citizen, "last": record.last}
            print(json.dumps({**facts, "values": details}, ensure_ascii=False, indent=2))
            return
        rows = {
            "Number": case.number,
            "State": _state(case),
            "Since": _when(case),
            "Citizen": case.citizen,
            "Language": record.language,
            "Service": _service(case, catalogue),
            "Kind": case.kind,
            **({"Grievance": record.reference} if record.reference else {}),
            "Why": f"{record.why}, after {record.attempts} unfitting answers",
            "Asked for": _asked(case, catalogue),
            "Last words": record.last,
            **{f"  {name}": value for name, value in details.items()},
        }
        width = max(len(name) for name in rows)
        for name, value in rows.items():
            print(f"{name:<{width}}  {value}")


@app.command()
def answer(
    number: Number,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="In the citizen's language.")],
    keep_open: Annotated[
        bool, typer.Option("--keep-open", help="More is to follow: do not close it.")
    ] = False,
) -> None:
    """Answer the citizen on WhatsApp. Closes the request."""
    with _told():
        if not text.strip():
            raise ValueError("say something to the citizen")
        handovers = _handovers()
        waited = handovers.is_closed(number) is False
        asyncio.run(_answered(handovers, number, text))
        if keep_open:
            handovers.set_closed(number, closed=False)
        elif waited:
            _count_wait(handovers, number)
        print(f"Sent. Request {number} {'stays open' if keep_open else 'is closed'}.")


@app.command()
def close(number: Number) -> None:
    """Close a request. Without a word to the citizen, as after a telephone call."""
    with _told():
        handovers = _handovers()
        if not handovers.case(number).closed:
            _count_wait(handovers, number)
        handovers.set_closed(number, closed=True)
        print(f"Request {number} is closed.")


def _count_wait(handovers: Handovers, number: str) -> None:
    """For the reports: how long somebody waited until now, unless the desk had taken it."""
    from actions.citizens.counted import count_wait
    from nlu.daily_counts import FILE, DailyCounts, Tally
    from nlu.settings.settings import ActionsSettings

    case = handovers.case(number)
    if case.entries:
        return
    settings, record = ActionsSettings.read(), case.record
    tally = Tally(lambda: DailyCounts(settings.table_url(FILE)), settings.zone)
    count_wait(tally, _catalogue(), record.service, record.at)
    tally.flush()


async def _answered(handovers: Handovers, number: str, text: str) -> None:
    from actions.news.client import NoticesClient
    from nlu.settings.settings import ActionsSettings

    settings, catalogue = ActionsSettings.read(), _catalogue()
    notices = NoticesClient(settings.notices_address, settings.notices_key)
    try:
        case = handovers.case(number)
        language = await notices.language_of(case.citizen) or case.record.language
        service = catalogue.services.get(case.record.service)
        about = f"{service.title[language]}, {number}" if service else number
        await handovers.answer(number, text, language, about, notices)
    finally:
        await notices.close()


@contextmanager
def _told() -> Iterator[None]:
    """Ends the command with one line for a failure that staff can do something about."""
    from actions.news.notices import NoticeRefused, UnknownCitizen
    from nlu.storage.sealing import Unreadable

    try:
        yield
        return
    except KeyError as error:
        why = f"there is no request {error.args[0]}"
    except Unreadable:
        why = "no key opens this request: see `seva keys check`"
    except UnknownCitizen:
        why = "the citizen never wrote on WhatsApp: call them"
    except NoticeRefused as error:
        why = f"not sent ({error}): is `seva serve` running? Try again"
    except ValueError as error:
        why = str(error)
    typer.echo(why, err=True)
    raise typer.Exit(1)


def _state(case: Case) -> str:
    """Claimed is what an officer works on at the desk."""
    return "answered" if case.closed else case.state


def _facts(case: Case) -> dict[str, object]:
    record = asdict(case.record)
    shown = {name: record[name] for name in ("service", "asked", "attempts", "why", "language")}
    facts = {"number": case.number, "kind": case.kind, "reference": record["reference"]}
    return {**facts, "closed": case.closed, "since": _when(case), **shown}


def _details(case: Case, catalogue: Catalogue, *, private: bool) -> dict[str, str]:
    """What was told, by the names of the details; sensitive values with their last four signs."""
    from actions.dialogue.display import label
    from nlu.text.masking import last_four

    service = catalogue.services.get(case.record.service)
    slots = {slot.name: slot for slot in service.slots} if service else {}
    found = {}
    for name, value in case.record.values.items():
        slot = slots.get(name)
        hidden = slot is not None and slot.type.sensitive and not private
        found[label(slot, _SHOWN_IN) if slot else name] = last_four(value) if hidden else value
    return found


def _asked(case: Case, catalogue: Catalogue) -> str:
    from actions.dialogue.display import label

    service = catalogue.services.get(case.record.service)
    slots = service.slots if service else ()
    found = (label(slot, _SHOWN_IN) for slot in slots if slot.name == case.record.asked)
    return next(found, case.record.asked)


def _service(case: Case, catalogue: Catalogue) -> str:
    service = catalogue.services.get(case.record.service)
    return service.title[_SHOWN_IN] if service else case.record.service


def _when(case: Case) -> str:
    from nlu.settings.settings import ActionsSettings

    zone = ActionsSettings.read().zone
    return datetime.fromtimestamp(case.record.at, zone).isoformat(" ", "minutes")


def _handovers() -> Handovers:
    from actions.citizens.handover import FILE, Handovers
    from nlu.settings.groups import Stored

    return Handovers(Stored.read().table_url(FILE))


def _catalogue() -> Catalogue:
    from nlu.catalogue import shared_catalogue

    return shared_catalogue(data_folder())
