"""Finding 4: anyone read anyone's records. Each service, asked by a stranger about every record.

Real connectors, the real sandbox; only the wire between them is in this process.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.departments import DepartmentDirectory, Origin
from actions.departments.access import CODE_OUTCOMES
from actions.departments.gate import Gate
from actions.departments.misses import Misses
from actions.departments.result import OperationResult
from actions.sandbox import server
from benchmarks.talk.answers import load_answers
from nlu.catalogue import Service, shared_catalogue
from nlu.catalogue.department import Operation
from nlu.fast_yaml import load_yaml
from nlu.slots import Parsed, parse
from tests.processes import ROOT

CATALOGUE = shared_catalogue(ROOT / "data")
SANDBOX = Path(server.__file__).parent
ANSWERS, _ = load_answers()
OWNER, STRANGER = "109876543210987:919848012345", "109876543210987:919333000007"
REFUSED = {"not_found", "unknown", "unknown_write", "no_number", "too_many", *CODE_OUTCOMES}
OF_PEOPLE = ("consumer_name", "owner_name", "holder_name", "cultivator_name", "deceased_name")
OF_PEOPLE += ("child", "mother", "father", "mobile", "mobile_number", "applicant_name")
TABLES_OF_CODES = {"codes", "sms", "sqlite_sequence"}


def leaves(node: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text of the seeds with its key; keys of mappings are texts as well."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            yield "", str(name)
            yield from leaves(value, str(name))
    elif isinstance(node, list):
        for value in node:
            yield from leaves(value, key)
    else:
        yield key, str(node)


SEEDED = {
    file: list(leaves(load_yaml(file.read_text("utf-8"))))
    for folder in ("seeds", "counters")
    for file in sorted((SANDBOX / folder).glob("*.yml"))
}


def names(department: str) -> list[str]:
    """What names a record of a department: keys of the seeds, and values of theirs that are called
    numbers."""
    own = [leaf for file, some in SEEDED.items() if file.stem == department for leaf in some]
    called = [text for key, text in own if (not key or "number" in key) and "mobile" not in key]
    return sorted({text for text in called if sum(char.isdigit() for char in text) >= 3})


PEOPLE = sorted(
    {text for some in SEEDED.values() for key, text in some if key in OF_PEOPLE and len(text) > 3}
)


def told(service: Service) -> dict[str, str]:
    """What a citizen answers to each question of a service."""
    values = {}
    for slot in service.slots:
        answer = ANSWERS.get(f"{service.name}/{slot.name}") or ANSWERS.get(slot.name)
        read = answer and parse(slot.type, answer["en"], today=date.today(), catalogue=CATALOGUE)
        if isinstance(read, Parsed):
            values[slot.name] = read.value
        elif slot.type.kind == "attachment":
            values[slot.name] = "image/jpeg;1"
        elif slot.type.kind == "location":
            values[slot.name] = "16.500000,80.640000"
    return values


def all_told(service: Service) -> list[dict[str, str]]:
    """The same, with each record of the seeds named wherever one can be named."""
    usual = told(service)
    named = [usual]
    for slot in service.slots:
        if slot.type.kind not in ("number", "code", "mobile", "written"):
            continue
        for name in names(service.department):
            read = parse(slot.type, name, today=date.today(), catalogue=CATALOGUE)
            if isinstance(read, Parsed):
                named.append({**usual, slot.name: read.value})
    return [dict(pairs) for pairs in {tuple(sorted(values.items())) for values in named}]


@dataclass
class Town:
    """A sandbox and the connectors to it."""

    folder: Path
    owners: Path | None = None
    now: float = 1_790_000_000.0
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    serial: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.database = self.folder / "sandbox.sqlite"
        app = server.create_app(self.database, clock=lambda: self.now, owners=self.owners)
        self.wire = httpx.ASGITransport(app=app)
        self.departments = DepartmentDirectory.of(CATALOGUE, self.wire)

    def ask(
        self, service: Service, name: str, values: Mapping[str, str], who: str
    ) -> OperationResult:
        """One call of a service's operation."""
        return self.loop.run_until_complete(
            self.departments.execute(
                service.department,
                name,
                values,
                citizen=who,
                request_id=f"r-{next(self.serial)}",
                language="en",
                origin=Origin(service.name),
            )
        )

    def records(self) -> dict[str, list[Any]]:
        """All that the departments keep, codes and their SMS aside."""
        with closing(sqlite3.connect(self.database)) as db:
            tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            kept = sorted(name for (name,) in tables if name not in TABLES_OF_CODES)
            return {
                name: db.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in kept
            }

    def sms(self) -> list[dict[str, Any]]:
        """What phones got, the latest first."""

        async def get() -> Any:
            here = "http://localhost"
            async with httpx.AsyncClient(transport=self.wire, base_url=here) as client:
                return (await client.get("/__sms")).raise_for_status().json()

        found: list[dict[str, Any]] = self.loop.run_until_complete(get())
        return found


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """As on its first day."""
    return Town(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def owned(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The same, with one number on record for everything."""
    return Town(tmp_path_factory.mktemp("owned"), ROOT / "tests/owners.yml")


@pytest.fixture(scope="module")
def counters(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """One at which nobody has asked for anything yet."""
    return Town(tmp_path_factory.mktemp("counters"))


def operations(service: Service) -> list[Operation]:
    """What a service calls, in the order of a conversation."""
    offered = [slot.offered_by for slot in service.slots]
    known = CATALOGUE.departments[service.department].operations
    return [known[name] for name in (*offered, service.lookup, service.operation) if name]


def shown(result: OperationResult) -> str:
    """All of an answer that could reach the citizen."""
    return " ".join([*result.fields.values(), str(result.document), str(result.wanted)])


def test_seeds_are_known() -> None:
    """The walk below is about something."""
    assert len(CATALOGUE.services) >= 169
    assert {"6123401005678", "6123401005679"} <= set(names("energy"))
    assert "PGRS261000006" in names("grievances") and "1020304052" in names("municipal")
    assert {"K. Venkata Rao", "M. Subba Rao", "9848012345"} <= set(PEOPLE)


@pytest.mark.parametrize("name", sorted(CATALOGUE.services))
def test_stranger_gets_nothing_of_anothers_record(town: Town, name: str) -> None:
    service = CATALOGUE.services[name]
    for operation in operations(service):
        before = town.records()
        for values in all_told(service):
            town.now += 3600  # no limit of another call is what refuses this one
            result = town.ask(service, operation.name, values, STRANGER)
            if operation.access == "public":
                assert [person for person in PEOPLE if person in shown(result)] == [
                    value for value in PEOPLE if value in values.values() and value in shown(result)
                ]
                continue
            empty = result.outcome == "ok" and not any(result.fields.values())
            assert result.outcome in REFUSED or empty, (operation.name, values, result)
            assert set(result.fields) <= {"sent_to", "tries_left"} or empty
            assert result.document is None and result.wanted is None
        if operation.access != "public":
            assert town.records() == before, f"{operation.name} did something"


@pytest.mark.parametrize("name", sorted(CATALOGUE.services))
def test_who_is_on_record_is_refused_nothing(owned: Town, name: str) -> None:
    """So that the test above does not pass because everybody is refused."""
    service = CATALOGUE.services[name]
    for operation in operations(service):
        owned.now += 3600
        result = owned.ask(service, operation.name, told(service), OWNER)
        assert not result.missed and result.outcome != "no_sender", (operation.name, result)


SEEN_BY_ALL = {
    *("electricity_service_wire_damage", "electricity_street_light_line_fault"),
    *("electricity_supply_failure_complaint", "electricity_transformer_failure"),
    *("electricity_voltage_complaint", "drainage_complaint", "garbage_complaint"),
    *("pothole_complaint", "street_light_complaint", "water_leakage_complaint"),
    *("water_supply_complaint", "rural_water_complaint", "rural_road_complaint"),
    "irrigation_water_complaint",
}
"""Complaints about what neighbours see: who complains again follows the one that is open."""


@pytest.mark.parametrize(
    "name",
    [
        service.name
        for service in CATALOGUE.services.values()
        for operation in operations(service)
        if operation.name == service.operation
        and (operation.access, operation.kind) == ("public", "write")
    ],
)
def test_stranger_is_not_told_that_another_has_asked_for_the_same(
    counters: Town, name: str
) -> None:
    """Neither that there is a file, nor its number; and who comes second is not shut out."""
    service = CATALOGUE.services[name]
    counters.now += 3600
    first = counters.ask(service, service.operation, told(service), OWNER)
    again = counters.ask(service, service.operation, told(service), OWNER)
    another = counters.ask(service, service.operation, told(service), STRANGER)
    if name in SEEN_BY_ALL:
        assert another.outcome == again.outcome == "already_open"
        return
    assert another.outcome in (first.outcome, "accepted"), (first, another)
    numbers = {field for field in first.fields if field.endswith("_number")}
    assert not [field for field in numbers if another.fields.get(field) == first.fields[field]]


ABROAD = ["+9848012345", "+84801234567", "+19848012345", "+929848012345"]


@pytest.mark.parametrize("phone", ABROAD)
def test_number_of_another_country_is_not_the_owners(town: Town, phone: str) -> None:
    """+984 801 2345 has ten digits, and so has an Indian number without its code."""
    town.now += 3600
    service = CATALOGUE.services["electricity_bill_view"]
    values = {"service_number": "6123401005678"}
    who = f"109876543210987:{phone[1:]}"
    assert town.ask(service, "getBill", values, who).outcome == "code_needed"


def test_right_code_for_one_record_forgives_no_guesses_about_another(tmp_path: Path) -> None:
    """In one request: the victim's number, wrong codes, then a friend's and the right one."""
    town = Town(tmp_path)
    misses = Misses(clock=lambda: town.now)
    gate = Gate(town.departments, misses, town.departments.execute)

    def ask(number: str, code: str | None = None) -> OperationResult:
        told = {"citizen": STRANGER, "request_id": "one-getBill", "language": "en"}
        values = {"service_number": number}
        asking = gate.execute("energy", "getBill", values, code=code, **told)
        return town.loop.run_until_complete(asking)

    outcomes = []
    for _ in range(3):
        outcomes += [ask("6123401005678").outcome]
        outcomes += [ask("6123401005678", f"00000{n}").outcome for n in range(4)]
        sent = ask("6123401005679")
        outcomes.append(sent.outcome)
        if sent.outcome == "code_needed":
            code = re.search(r"(?<![0-9])[0-9]{6}(?![0-9])", town.sms()[0]["text"])
            outcomes.append(ask("6123401005679", code and code[0]).outcome)
        town.now += 61
    assert outcomes[-1] == "missed_too_often", outcomes


COUNTED_UP = [
    ("revenue", "getCertificateDocument", "application_number", "INC{}", 2026001200),
    ("grievances", "getGrievance", "grievance_number", "PGRS{}", 261000001),
    ("energy", "getBill", "service_number", "{}", 6123401005650),
    ("apsrtc", "trackBus", "ticket_number", "RTC{}", 26110001),
]


@pytest.mark.parametrize(("department", "operation", "slot", "number", "first"), COUNTED_UP)
def test_counting_up_comes_to_an_end_without_a_record(
    tmp_path: Path, department: str, operation: str, slot: str, number: str, first: int
) -> None:
    town = Town(tmp_path)
    misses = Misses(clock=lambda: town.now)
    gate = Gate(town.departments, misses, town.departments.execute)

    async def count_up() -> list[OperationResult]:
        return [
            await gate.execute(
                department,
                operation,
                {slot: number.format(first + step)},
                citizen=STRANGER,
                request_id=f"r-{step}",
                language="en",
            )
            for step in range(60)
        ]

    results = town.loop.run_until_complete(count_up())
    assert {one.outcome for one in results} <= {*REFUSED, "missed_too_often"}
    assert [one.outcome for one in results].count("missed_too_often") == 50
    assert all(not one.fields for one in results[10:] if one.outcome != "missed_too_often")
    assert len(town.sms()) <= 10


OF_STANDING = {"dues_pending", "owns_land", "not_eligible", "no_dues", "not_owner", "court_case"}


@pytest.mark.parametrize(
    "department", sorted(name for name, one in CATALOGUE.departments.items() if one.called)
)
def test_a_write_for_everybody_tells_nobodys_standing(department: str) -> None:
    """An application for a stranger's address, land or Aadhaar number told that a bill was unpaid,
    that they owned land, or that their family was not poor. The office finds out, and decides."""
    file = ROOT / "data/departments" / f"{department}.yml"
    told = {
        (name, outcome["outcome"])
        for name, operation in load_yaml(file.read_text("utf-8"))["operations"].items()
        if operation["access"] == "public" and operation["kind"] == "write"
        for outcome in operation["outcomes"]
        if outcome["outcome"] in OF_STANDING
    }
    assert not told


def test_anothers_number_on_record_is_not_replaced(town: Town) -> None:
    service = CATALOGUE.services["electricity_mobile_update"]
    values = {"service_number": "6123401005678", "mobile_number": "9999999999"}
    assert town.ask(service, "registerServiceMobile", values, STRANGER).outcome == "code_needed"
    assert "9999999999" not in str(town.records())


def test_code_on_the_phone_on_record_opens_that_record_and_no_other(tmp_path: Path) -> None:
    town = Town(tmp_path)
    service = CATALOGUE.services["electricity_bill_view"]

    def ask(number: str, code: str | None, who: str = STRANGER) -> OperationResult:
        return town.loop.run_until_complete(
            town.departments.execute(
                "energy",
                "getBill",
                {"service_number": number},
                citizen=who,
                request_id="r",
                language="en",
                origin=Origin(service.name),
                code=code,
            )
        )

    assert ask("6123401005678", None).fields == {"sent_to": "2345"}
    text = town.sms()[0]["text"]
    code = next(
        part for part in text.replace(".", " ").split() if len(part) == 6 and part.isdigit()
    )
    other = "109876543210987:919333000008"
    assert ask("6123401005679", code).outcome in ("code_over", "code_wrong")
    assert ask("6123401005678", code, other).outcome in ("code_over", "code_wrong")
    assert ask("6123401005678", code).outcome == "ok"
