"""Words and numbers of `desk.yml`, filled for one request."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from actions.citizens.handover import GENERAL, Case
from actions.dialogue.display import filled
from nlu.catalogue import Catalogue
from nlu.records import read_record

Words = Mapping[str, str]
"""By language."""
FILE = Path(__file__).with_name("desk.yml")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Hours:
    """When officers are there: days of the week, and times as `HH:MM`."""

    days: tuple[str, ...]
    opens: str
    closes: str

    def are_now(self, now: datetime.datetime) -> bool:
        """Whether that moment, where the citizens live, is inside."""
        return DAYS[now.weekday()] in self.days and self.opens <= f"{now:%H:%M}" < self.closes


@dataclass(frozen=True)
class Back:
    """Commands of the dialogue that lead back to the bot."""

    stop: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True)
class Rating:
    """One of the buttons under the question how it was."""

    value: int
    title: Words


@dataclass(frozen=True)
class Reason:
    """Why a request is closed, for officers and for the citizen; `chosen`: by officers."""

    title: Words
    said: Words
    chosen: bool = True


@dataclass(frozen=True)
class Answer:
    """A canned answer."""

    title: Words
    text: Words


@dataclass(frozen=True)
class Waits:
    """An outcome after which a grievance waits for an officer: of every service, or of one; of
    calls without an answer, for these `reasons` alone."""

    why: str
    outcome: str
    reasons: tuple[str, ...] = ()
    service: str = ""


@dataclass(frozen=True)
class GrievanceRules:
    """Which requests of services of a `kind` wait at the desk, and what the citizen reads then, by
    `why`. After an outcome of `answered` one that nobody has claimed waits no more."""

    kind: str
    waits: tuple[Waits, ...]
    answered: tuple[str, ...]
    said: Mapping[str, Words]


@dataclass(frozen=True)
class DeskWords:
    """See the comments in `desk.yml`."""

    idle_hours: float
    on_duty_minutes: float
    hours: Hours
    back: Back
    general: Words
    phrases: Mapping[str, Words]
    ratings: tuple[Rating, ...]
    reasons: Mapping[str, Reason]
    answers: Mapping[str, Answer]
    grievances: GrievanceRules

    def say(self, phrase: str, language: str, fields: Mapping[str, str] | None = None) -> str:
        """A phrase in one language."""
        return filled(self.phrases[phrase], language, fields)

    def say_of_grievance(self, why: str, language: str, fields: Mapping[str, str]) -> str:
        """What the citizen reads when their grievance begins to wait."""
        return filled(self.grievances.said[why], language, fields)


@lru_cache(maxsize=1)
def desk_words() -> DeskWords:
    """All of `desk.yml`. Raises RecordError."""
    return read_record(FILE, DeskWords)


def department_title(catalogue: Catalogue, department: str | None, language: str) -> str:
    """What a department is called; `general`, and one that is gone, is the help desk."""
    known = catalogue.departments.get(department or GENERAL)
    return known.title[language] if known else desk_words().general[language]


def fields_of(catalogue: Catalogue, case: Case, language: str) -> dict[str, str]:
    """What fills the placeholders of a request's words."""
    service = catalogue.services.get(case.record.service)
    department = catalogue.departments.get(case.department or GENERAL)
    title = department_title(catalogue, case.department, language)
    helpline = department.helpline if department else None
    office = department.office if department else None
    return {
        "number": case.number,
        "reference": case.record.reference or case.number,
        "department": title,
        "service": service.title[language] if service else title,
        "helpline": helpline or catalogue.phrases["helpline_default"][language],
        "office": office[language] if office else title,
    }
