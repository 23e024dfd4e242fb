"""Reads which document Seva issues itself from a department's answer."""

from __future__ import annotations

from nlu.catalogue.model import Paper
from nlu.catalogue.yaml_source import Node

_OWN = ("form", "values")
_ISSUED_WITH = ("ok",)
"""The outcomes where the file names none."""


def is_paper(node: Node) -> bool:
    """Whether `document:` names a form of ours, and not a file of the department."""
    return bool(node.children().keys() & set(_OWN))


def read_paper(node: Node) -> Paper | None:
    """`document: {form, values, outcomes, filename}`."""
    fields = node.fields(_OWN, ("outcomes", "filename"))
    if not set(_OWN) <= fields.keys():
        return None
    return Paper(
        form=fields["form"].text(),
        values={label: path.text() for label, path in fields["values"].children().items()},
        outcomes=fields["outcomes"].texts() if "outcomes" in fields else _ISSUED_WITH,
        filename=fields["filename"].text() if "filename" in fields else None,
    )
