"""Forms, the kinds of documents (`data/forms/*.yml`): fixed words, signed labels, layout."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from actions.documents.printed_text import printable, printed_words
from nlu.paths import data_folder
from nlu.records import NOT_IN_FILE, Misfit, RecordError, read_record
from nlu.text.numbers import indian_grouping

Words = Mapping[str, str]
Layout = Literal["certificate", "receipt"]
FORMS = "forms"
"""The folder below the data folder."""


class FormError(ValueError):
    """The file of a form is wrong. The message names the file and every fault."""


class BadValues(ValueError):
    """The form cannot print these values. The message names the label, never a value."""


@dataclass(frozen=True)
class Form:
    """A kind of document: its fixed words, and which of its labels are signed."""

    issuer: Words
    title: Words
    labels: Mapping[str, Words]
    note: Words
    signed: tuple[str, ...]
    """The labels whose values are in the QR code."""
    layout: Layout = "certificate"
    amount: str | None = None
    """The label of the amount in rupees, if the form is a receipt."""
    valid_days: int | None = None
    """The document expires this many days after its issue; None means never."""
    name: str = field(default="", metadata=NOT_IN_FILE)
    """The file's name without `.yml`."""

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
        """Names and values that go into the QR code."""
        return tuple((name, printed[name]) for name in self.signed)

    def digest(self, document_id: str, printed: Mapping[str, str]) -> bytes:
        """16 bytes of SHA-256 over the canonical JSON of everything that is printed."""
        return hashlib.sha256(canonical_json({**printed, "id": document_id})).digest()[:16]


def canonical_json(content: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys, without spaces, in UTF-8."""
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
    try:
        return replace(read_record(path, Form, _misfits), name=name)
    except RecordError as error:
        raise FormError(str(error)) from error


def load_forms(folder: Path | None = None) -> dict[str, Form]:
    """Every form by name. Raises FormError for the first wrong file."""
    files = sorted((folder or data_folder() / FORMS).glob("*.yml"))
    return {path.stem: load_form(path.stem, path.parent) for path in files}


def _misfits(form: Form) -> Iterator[Misfit]:
    """What of a form is right for itself, but not together."""
    languages, most = printed_words()["languages"], printed_words()["most_signed"]
    said = {"issuer": form.issuer, "title": form.title, "note": form.note, **form.labels}
    for name, words in said.items():
        if set(words) != set(languages) or not all(words.values()):
            listed = ", ".join(sorted(languages))
            yield Misfit(f"{name} needs words in {listed}", "give it words in each of them")
    if "id" in form.labels:
        yield Misfit("a label may not be called id", "give it another name")
    signed = form.signed
    if not 1 <= len(signed) <= most or len(set(signed)) != len(signed):
        what = f"signed takes 1 to {most} labels, each once; there are {len(signed)}"
        yield Misfit(what, "name the labels that make the document what it is")
    for name in signed:
        if name not in form.labels:
            yield Misfit(f"signed names no label: {name}", "use the names under `labels:`")
    if (form.layout == "receipt") != (form.amount in form.labels):
        what = "a receipt, and only a receipt, names the label of its amount"
        yield Misfit(what, "add or remove `amount:`")
    if form.layout == "receipt" and form.amount not in signed:
        yield Misfit("the amount of a receipt must be signed", "add its label to `signed:`")
    if form.valid_days is not None and form.valid_days < 1:
        yield Misfit("valid_days is a number of days from 1", "remove it if it never runs out")
