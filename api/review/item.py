"""A message for review as it is kept: masked words and what the model made of them, sealed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from api.review.masks import marks_in, masked
from api.review.rules import Rules
from nlu.known_fields import known_fields
from nlu.storage.sealing import Unreadable, seal, unseal
from nlu.text.script import dominant
from nlu.turn import Misunderstood, Understanding

_FORM = 1
ROUTE = "route"
LATIN = "Latn"


@dataclass(frozen=True)
class Item:
    """`key` is that of the language, empty where it is not known. `ranking` are intents with their
    probabilities, `marks` values as (start, end, slot). `readings` are the other ones of a voice
    note. `chosen` is the service that the citizen or the backend named, `said` what Seva had said
    where somebody calls it wrong. Where two models differ (`api.shadow`), `did` is what Seva did,
    and `instead` what the candidate `instead_model` would have done, `instead_sure` how sure it is.
    """

    text: str
    key: str = ""
    kind: str = ""
    ranking: tuple[tuple[str, float], ...] = ()
    marks: tuple[tuple[int, int, str], ...] = ()
    model: str = ""
    spoken: bool = False
    readings: tuple[str, ...] = ()
    chosen: str = ""
    said: str = ""
    did: str = ""
    instead: str = ""
    instead_sure: float = 0.0
    instead_model: str = ""

    @property
    def doubt(self) -> float:
        """0 to 1: how near the second intent is to the first; 1 where nothing is known."""
        if not self.ranking:
            return 1.0
        first, second = [*(p for _, p in self.ranking), 0.0][:2]
        return max(0.0, min(1.0, 1.0 - (first - second)))

    @property
    def topic(self) -> str:
        """The likeliest intent; empty where nothing is known."""
        return self.ranking[0][0] if self.ranking else self.said

    def sealed(self) -> str:
        """The token of a row."""
        return seal(self.as_json(), _FORM)

    def as_json(self) -> dict[str, Any]:
        """The item as a JSON object; what is not there is left out."""
        return {name: value for name, value in asdict(self).items() if value not in ("", (), False)}

    @classmethod
    def of(cls, payload: str) -> Item:
        """The item of a token. Raises Unreadable."""
        return cls.from_json(unseal(payload, _FORM))

    @classmethod
    def from_json(cls, told: Any) -> Item:
        """The item that `as_json` gave. Raises Unreadable."""
        try:
            known: dict[str, Any] = known_fields(cls, told)
            known["ranking"] = tuple((str(n), float(p)) for n, p in known.get("ranking", ()))
            known["marks"] = tuple((int(a), int(b), str(s)) for a, b, s in known.get("marks", ()))
            known["readings"] = tuple(known.get("readings", ()))
            return cls(**known)
        except (AttributeError, TypeError, ValueError):
            raise Unreadable("form") from None


def item_of(told: Understanding, rules: Rules) -> Item:
    """What is kept of what the model made of a message."""
    raw = told.text[: rules.longest]
    text = masked(raw)
    return Item(
        text=text,
        key=told.key,
        kind=told.kind,
        ranking=tuple((name, round(p, 4)) for name, p in told.ranking),
        marks=tuple(marks_in(text, raw, [one for one in told.marks if one[1] <= len(raw)])),
        model=told.model,
        spoken=told.spoken,
        readings=tuple(masked(one[: rules.longest]) for one in told.readings[: rules.readings]),
    )


def item_of_words(told: Misunderstood, language: str, rules: Rules, model: str = "") -> Item:
    """What is kept of words that were misunderstood in an earlier turn, of which only the language
    of the replies is known, or a key. `model` answers the citizen."""
    text = masked(told.text[: rules.longest])
    return Item(text=text, key=key_of(text, language, rules), model=model, chosen=told.chosen)


def key_of(text: str, language: str, rules: Rules) -> str:
    """The key of a text in a language: its script tells which."""
    return rules.latin.get(language, language) if dominant(text) == LATIN else language
