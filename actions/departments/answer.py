"""Reads a department's answer: which outcome it is, its fields as text, its document."""

from __future__ import annotations

from collections.abc import Mapping

import jmespath
from jmespath.exceptions import JMESPathError

from actions.departments.definition import Formats
from actions.departments.formats import TextFunctions
from actions.departments.result import CallFailed, Wanted
from nlu.catalogue.department import Operation, Outcome
from nlu.turn import Document

_UNSAFE_IN_FILENAME = frozenset('/\\:*?"<>|\0\r\n')


class AnswerReader:
    """The compiled JMESPath expressions of one operation."""

    def __init__(self, operation: Operation, formats: Formats) -> None:
        self._rows = [
            (row, jmespath.compile(row.when) if row.when else None) for row in operation.outcomes
        ]
        self._fields = {name: jmespath.compile(path) for name, path in operation.result.items()}
        document = operation.document or {}
        self._document = {name: jmespath.compile(path) for name, path in document.items()}
        self._paper = operation.paper
        values = self._paper.values if self._paper else {}
        self._values = {label: jmespath.compile(path) for label, path in values.items()}
        named = self._paper.filename if self._paper else None
        self._filename = jmespath.compile(named) if named else None
        self._options = {
            language: jmespath.Options(custom_functions=TextFunctions(formats, language))
            for language in formats.months
        }

    def outcome(self, status: int, body: object, language: str) -> tuple[str, bool]:
        """Outcome and `pending` of the first row that matches, or `CallFailed("status")`."""
        row = self.row(status, body, language)
        if row is None:
            raise CallFailed("status", f"no outcome for {status}", status=status)
        return row.outcome, row.pending

    def row(self, status: int, body: object, language: str) -> Outcome | None:
        """The first row that matches."""
        for row, when in self._rows:
            if _matches(row, status, body) and (
                when is None or self._search(when, body, language) is True
            ):
                return row
        return None

    def fields(self, body: object, language: str) -> dict[str, str]:
        """Result fields ready to show; what the body does not have is left out."""
        found = {n: self._search(path, body, language) for n, path in self._fields.items()}
        return {name: as_text(value) for name, value in found.items() if value is not None}

    def document(self, body: object, language: str) -> Document | None:
        """The file to send along, if the answer has one; its host is not checked here."""
        found = {n: self._search(path, body, language) for n, path in self._document.items()}
        if not found.get("url"):
            return None
        return Document(as_text(found["url"]), _filename(found.get("filename")))

    def wanted(self, outcome: str, body: object, language: str) -> Wanted | None:
        """What Seva issues itself with that outcome; what the body does not have is empty."""
        if self._paper is None or outcome not in self._paper.outcomes:
            return None
        found = {n: self._search(path, body, language) for n, path in self._values.items()}
        name = self._filename and _filename(self._search(self._filename, body, language))
        values = {label: as_text(value) for label, value in found.items()}
        return Wanted(self._paper.form, values, name or None)

    def _search(
        self, path: jmespath.parser.ParsedResult, body: object, language: str
    ) -> object | None:
        try:
            return path.search(body, options=self._options[language])  # type: ignore[no-any-return]
        except (JMESPathError, ValueError, KeyError, IndexError, ArithmeticError) as error:
            raise CallFailed("schema", f"mapping: {type(error).__name__}") from error


def _filename(value: object) -> str:
    return "".join(char for char in as_text(value) if char not in _UNSAFE_IN_FILENAME)


def _matches(row: Outcome, status: int, body: object) -> bool:
    code = body.get("code") if isinstance(body, Mapping) else None
    return row.status == status and (row.code is None or row.code == code)


def as_text(value: object) -> str:
    """Texts as they are, whole numbers without a point, lists one item a line."""
    if isinstance(value, list):
        return "\n".join(as_text(item) for item in value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
