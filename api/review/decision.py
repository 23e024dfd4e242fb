"""What a reader decided on a card, checked against the catalogue."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from api.review.state import SKIP
from nlu.catalogue import Catalogue
from nlu.catalogue.marks import MarkError, parse_marks
from nlu.catalogue.rules.utterances import OUT_OF_SCOPE
from nlu.catalogue.yaml_source import did_you_mean
from nlu.storage.sealing import Unreadable, seal, unseal

SERVICE, NEW, SPLIT = "service", "new", "split"
KINDS = (SERVICE, OUT_OF_SCOPE, NEW, SPLIT, SKIP)
_FORM = 1
_LONGEST_NAME = 120


class WrongDecision(ValueError):
    """A decision that cannot be kept; the message says why, and what to do."""


@dataclass(frozen=True)
class Part:
    """A text with its marks, `[surface](slot)`, and the service that it asks for."""

    text: str
    service: str

    @property
    def plain(self) -> str:
        """Without the marks."""
        return parse_marks(self.text)[0]

    @property
    def slots(self) -> dict[str, str]:
        """The marked values by slot, the first of each."""
        plain, marks = parse_marks(self.text)
        found: dict[str, str] = {}
        for mark in marks:
            found.setdefault(mark.slot, plain[mark.start : mark.end])
        return found


@dataclass(frozen=True)
class Decision:
    """`kind` is one of `KINDS`. `parts` are one for a service or out of scope, two of a split;
    `name` says what a service that does not exist yet would be."""

    kind: str
    parts: tuple[Part, ...] = ()
    name: str = ""

    @property
    def label(self) -> str:
        """What was decided, without the words of the message: two readers agree where it is the
        same, and their marks are."""
        return "+".join(one.service for one in self.parts) if self.parts else self.kind

    @property
    def words(self) -> str:
        """The marked texts as one, for comparison; none where only the label counts."""
        return json.dumps([one.text for one in self.parts], ensure_ascii=False)

    def sealed(self) -> str:
        """The token of a row."""
        return seal(asdict(self), _FORM)

    @classmethod
    def of(cls, payload: str) -> Decision:
        """The decision of a token. Raises Unreadable."""
        told: Any = unseal(payload, _FORM)
        try:
            parts = tuple(Part(str(one["text"]), str(one["service"])) for one in told["parts"])
            return cls(str(told["kind"]), parts, str(told["name"]))
        except (AttributeError, KeyError, TypeError):
            raise Unreadable("form") from None


@dataclass(frozen=True)
class Targets:
    """What a text may be decided to be: intents with the names of their slots."""

    slots: Mapping[str, Collection[str]]

    @classmethod
    def of(cls, catalogue: Catalogue) -> Targets:
        """The services and the intents of conversation."""
        found = {
            name: [slot.name for slot in one.slots] for name, one in catalogue.services.items()
        }
        return cls({**dict.fromkeys(catalogue.conversation, ()), **found})

    def check(self, decision: Decision) -> None:
        """Raises WrongDecision."""
        if decision.kind not in KINDS:
            raise WrongDecision(f"`{decision.kind}` is no decision: {', '.join(KINDS)}")
        wanted = {SPLIT: 2, NEW: 0, SKIP: 0}.get(decision.kind, 1)
        if len(decision.parts) != wanted:
            raise WrongDecision(
                f"`{decision.kind}` needs {wanted} texts, not {len(decision.parts)}"
            )
        if decision.kind == NEW and not decision.name.strip():
            raise WrongDecision("a service that does not exist yet needs a name")
        if len(decision.name) > _LONGEST_NAME:
            raise WrongDecision(f"a name may have {_LONGEST_NAME} characters")
        for part in decision.parts:
            self._check(part)
        if decision.kind == OUT_OF_SCOPE and decision.parts[0].service != OUT_OF_SCOPE:
            raise WrongDecision(f"what is out of scope asks for `{OUT_OF_SCOPE}`")

    def _check(self, part: Part) -> None:
        if part.service not in self.slots:
            mend = did_you_mean(part.service, sorted(self.slots))
            raise WrongDecision(f"there is no service `{part.service}`: {mend}")
        try:
            plain, marks = parse_marks(part.text)
        except MarkError as error:
            raise WrongDecision(f"{error.what}; {error.mend}") from None
        if not plain.strip():
            raise WrongDecision("a text is empty: write what is asked for, or skip")
        known = self.slots[part.service]
        for mark in marks:
            if mark.slot not in known:
                mend = did_you_mean(mark.slot, sorted(known)) if known else "it has none"
                raise WrongDecision(f"{part.service} has no slot `{mark.slot}`: {mend}")


def one(text: str, service: str) -> Decision:
    """That a text asks for a service, or for nothing that there is."""
    kind = OUT_OF_SCOPE if service == OUT_OF_SCOPE else SERVICE
    return Decision(kind, (Part(text, service),))


def marked(text: str, marks: Collection[tuple[int, int, str]]) -> str:
    """A text with its marks written in it, each around the value alone; brackets of the text itself
    become round ones."""
    out, after = [], 0
    plain = text.replace("[", "(").replace("]", ")")
    for start, end, slot in sorted(marks):
        surface = plain[start:end]
        start += len(surface) - len(surface.lstrip())
        end = start + len(surface.strip())
        if start < after or start == end:
            continue
        out += [plain[after:start], f"[{plain[start:end]}]({slot})"]
        after = end
    return "".join((*out, plain[after:]))
