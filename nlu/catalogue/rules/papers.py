"""Documents that Seva issues itself: the form is there, and every label of it gets a value."""

from __future__ import annotations

from collections.abc import Iterator

from nlu.catalogue.department import Department, Operation
from nlu.catalogue.errors import Problem
from nlu.catalogue.rules.run import Run
from nlu.catalogue.yaml_source import Source, did_you_mean

_FILLED_IN = "issued_on"
"""A label that issuing fills in itself."""


def paper_problems(check: Run, department: Department, operation: Operation) -> Iterator[Problem]:
    """One operation."""
    paper = operation.paper
    if paper is None:
        return
    here = (department.file, "operations", operation.name, "document")
    outcomes = {row.outcome for row in operation.outcomes if not row.pending}
    for outcome in paper.outcomes:
        if outcome not in outcomes:
            what = f"`{outcome}` is no outcome that ends `{operation.name}`"
            mend = did_you_mean(outcome, outcomes)
            yield check.at(*here, "outcomes", what=what, mend=mend)
    forms = check.catalogue.root / "forms"
    file = forms / f"{paper.form}.yml"
    if not file.is_file():
        what = f"there is no form `{paper.form}` in {forms}"
        mend = did_you_mean(paper.form, [known.stem for known in forms.glob("*.yml")])
        yield check.at(*here, "form", what=what, mend=mend)
        return
    source = Source()
    top = source.read(file)
    node = top.children().get("labels") if top else None
    labels = node.children().keys() - {_FILLED_IN} if node else set()
    yield from source.problems
    for label in sorted(paper.values.keys() - labels):
        what = f"`{label}` is no label of {file}"
        yield check.at(*here, "values", label, what=what, mend=did_you_mean(label, labels))
    for label in sorted(labels - paper.values.keys()):
        what = f"`{label}` of {file} gets no value"
        mend = f"add `{label}:` with JMESPath over the answer"
        yield check.at(*here, "values", what=what, mend=mend)
