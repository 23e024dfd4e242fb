"""`seva check --coverage`: what services still lack, though they are valid.

For each service: kinds of messages that none of its trained sentences shows (a greeting first, a
story, one or two words, emoji and capitals, trouble, dialects, English words in Indian letters),
facts that it does not tell, and whether another hand has held out messages as they are. What a kind
is, is data: `kinds` of `data/check.yml`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nlu.catalogue.limits import KindOfMessage, load_limits
from nlu.catalogue.model import FACTS, Catalogue, Service


@dataclass(frozen=True)
class Gaps:
    """What one service lacks: `kinds` by name with the keys that have none, `facts`, and the keys
    without a noisy hold-out."""

    service: str
    kinds: Mapping[str, tuple[str, ...]]
    facts: tuple[str, ...]
    noisy: tuple[str, ...]

    @property
    def none(self) -> bool:
        """Whether nothing is lacking."""
        return not (self.kinds or self.facts or self.noisy)


def gaps(catalogue: Catalogue) -> list[Gaps]:
    """What each service lacks, in the order of the catalogue."""
    kinds = load_limits(catalogue.root).kinds
    return [
        _of(service, kinds, tuple(catalogue.languages.keys))
        for service in catalogue.services.values()
    ]


def _of(service: Service, kinds: Mapping[str, KindOfMessage], keys: Iterable[str]) -> Gaps:
    keys = tuple(keys)
    texts = {key: [u.text for u in service.utterances.get(key, ())] for key in keys}
    missing = {
        name: tuple(
            key
            for key in keys
            if key in (kind.keys or keys) and not any(is_a(kind, text) for text in texts[key])
        )
        for name, kind in kinds.items()
    }
    said = service.facts.said if service.facts else {}
    return Gaps(
        service.name,
        {name: lacking for name, lacking in missing.items() if lacking},
        tuple(fact for fact in FACTS if fact not in said),
        tuple(key for key in keys if not service.holdout_noisy.get(key)),
    )


def is_a(kind: KindOfMessage, text: str) -> bool:
    """Whether a message is of a kind: by its length in words, its signs, or a word of the kind."""
    words = text.split()
    if kind.fewest is not None and len(words) < kind.fewest:
        return False
    if kind.most is not None and len(words) > kind.most:
        return False
    if kind.signs and not _signs(text):
        return False
    if kind.words:
        folded = {word.strip(".,!?").casefold() for word in words}
        return not folded.isdisjoint(word.casefold() for word in kind.words)
    return True


def _signs(text: str) -> bool:
    """Emoji, a line break, or words in capitals."""
    loud = [word for word in text.split() if len(word) > 3 and word.isupper()]
    return len(loud) > 1 or any(c == "\n" or unicodedata.category(c) == "So" for c in text)


def print_gaps(catalogue: Catalogue) -> None:
    """A line for each service that lacks something, and how many of all lack each thing."""
    from rich.console import Console
    from rich.table import Table

    every = gaps(catalogue)
    out = Console()
    table = Table("service", "kinds of messages (keys)", "facts", "noisy hold-out")
    for one in every:
        if one.none:
            continue
        kinds = "; ".join(f"{name} ({', '.join(keys)})" for name, keys in one.kinds.items())
        table.add_row(one.service, kinds, ", ".join(one.facts), ", ".join(one.noisy))
    out.print(table)
    lacking = {
        "some kind of message": sum(bool(one.kinds) for one in every),
        "some fact": sum(bool(one.facts) for one in every),
        "every fact": sum(len(one.facts) == len(FACTS) for one in every),
        "a noisy hold-out": sum(bool(one.noisy) for one in every),
    }
    for what, count in lacking.items():
        out.print(f"{count} of {len(every)} services lack {what}.")
