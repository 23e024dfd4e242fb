"""The kinds of documents (`data/forms/*.yml`): fixed words, what is signed, how it is printed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

from typing_extensions import Literal

from actions.documents.typeface import printable
from actions.documents.wording import printed_words
from nlu.fast_yaml import load_yaml
from nlu.paths import data_folder
from nlu.text.numbers import indian_grouping

Words = Mapping[str, str]
Layout = Literal["certificate", "receipt"]
FORMS = "forms"
"""The folder in that of the data."""
_KEYS = {"issuer", "title", "labels", "note", "signed", "layout", "amount", "valid_days"}


class FormError(ValueError):
    """A form's file is wrong; the message names the file and every fault."""


class BadValues(ValueError):
    """Values that the form cannot print; the message names the label, never a value."""


@dataclass(frozen=True)
class Form:
    """The fixed words of a kind of document and what of it is signed."""

    name: str
    issuer: Words
    title: Words
    labels: Mapping[str, Words]
    note: Words
    signed: tuple[str, ...]
    """Labels whose values are in the QR code."""
    layout: Layout = "certificate"
    amount: str | None = None
    """Of a receipt: the label of the amount in rupees."""
    valid_days: int | None = None
    """The document runs out so long after it was issued; None: never."""

    def printed(self, values: Mapping[str, str]) -> dict[str, str]:
        """The values as they are printed, in the form's order. Raises BadValues."""
        if values.keys() != self.labels.keys():
            odd = sorted(values.keys() ^ self.labels.keys())
            raise BadValues(f"{self.name}: missing or not of this form: {', '.join(odd)}")
        found = {name: " ".join(values[name].split()) for name in self.labels}
        for name, value in found.items():
            if len(value) > printed_words()["longest_value"] or not printable(value):
                raise BadValues(f"{self.name}: {name} is too long or has signs that no font has")
        if self.amount is not None:
            found[self.amount] = indian_grouping(self.rupees(found))
        return found

    def rupees(self, values: Mapping[str, str]) -> Decimal:
        """A receipt's amount. Raises BadValues if it is not a number of rupees and paise."""
        try:
            amount = Decimal(values[self.amount or ""].replace(",", ""))
        except (KeyError, InvalidOperation):
            amount = Decimal("NaN")
        if not (amount.is_finite() and 0 <= amount < 10**11 and amount == round(amount, 2)):
            raise BadValues(f"{self.name}: {self.amount} is not an amount")
        return amount

    def signed_fields(self, printed: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """Name and value of what goes into the QR code."""
        return tuple((name, printed[name]) for name in self.signed)

    def digest(self, document_id: str, printed: Mapping[str, str]) -> bytes:
        """16 bytes that stand for everything printed: SHA-256 over canonical JSON."""
        return hashlib.sha256(canonical_json({**printed, "id": document_id})).digest()[:16]


def canonical_json(content: Mapping[str, Any]) -> bytes:
    """Sorted keys, no spaces, UTF-8."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def load_form(name: str, folder: Path | None = None) -> Form:
    """The form of that name. Raises FormError for a wrong file, LookupError if there is none."""
    return _load(name, folder or data_folder() / FORMS)


@lru_cache(maxsize=256)
def _load(name: str, folder: Path) -> Form:
    path = folder / f"{name}.yml"
    if path.parent != folder or not path.is_file():
        raise LookupError(f"there is no form {name}")
    raw = load_yaml(path.read_text(encoding="utf-8"))
    problems = [*_problems(raw)]
    if problems:
        raise FormError(f"{path}: {'; '.join(problems)}")
    return Form(name, **{**raw, "signed": tuple(raw["signed"])})


def load_forms(folder: Path | None = None) -> dict[str, Form]:
    """Every form by name. Raises FormError for the first wrong file."""
    files = sorted((folder or data_folder() / FORMS).glob("*.yml"))
    return {path.stem: load_form(path.stem, path.parent) for path in files}


def _problems(raw: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a form's file."""
    yield from (f"unknown key {key}" for key in raw.keys() - _KEYS)
    missing = {"issuer", "title", "labels", "note", "signed"} - raw.keys()
    yield from (f"{key} is missing" for key in sorted(missing))
    if missing:
        return
    labels, signed = raw["labels"], raw["signed"]
    named = {"issuer": raw["issuer"], "title": raw["title"], "note": raw["note"], **labels}
    languages = set(printed_words()["languages"])
    for name, words in named.items():
        if not (isinstance(words, dict) and set(words) == languages and all(words.values())):
            yield f"{name} needs words in {', '.join(sorted(languages))}"
    if "id" in labels:
        yield "a label may not be called id"
    most = printed_words()["most_signed"]
    if not 1 <= len(signed) <= most or len(set(signed)) != len(signed):
        yield f"signed takes 1 to {most} labels, each once; there are {len(signed)}"
    yield from (f"signed names no label: {name}" for name in signed if name not in labels)
    layout, amount = raw.get("layout", "certificate"), raw.get("amount")
    if layout not in get_args(Layout):
        yield f"layout is one of {', '.join(get_args(Layout))}"
    if (layout == "receipt") != (amount in labels):
        yield "a receipt, and only a receipt, names the label of its amount"
    if layout == "receipt" and amount not in signed:
        yield "the amount of a receipt must be signed"
    days = raw.get("valid_days")
    if days is not None and (type(days) is not int or days < 1):
        yield "valid_days is a number of days"
