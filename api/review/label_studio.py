"""Label Studio's JSON, as its documentation describes it (labelstud.io/guide/task_format): a list
of tasks with `data`, `predictions` of the model and `annotations` of people.

A project that takes it has a `<Text name="text" value="$text"/>` with `<Choices name="service"
toName="text">` and `<Labels name="slots" toName="text">`; `config` writes one for a catalogue.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from api.review.decision import Decision, marked
from api.review.item import Item
from api.review.lines import Line, LinesError
from api.review.store import Card, Decided
from nlu.catalogue.marks import parse_marks

NEW_SERVICE = "new_service"
_SERVICE, _SLOTS, _TEXT = "service", "slots", "text"


def config(services: Collection[str], slots: Collection[str]) -> str:
    """The labelling configuration of a project for these services and slots."""
    choices = "\n".join(f"    <Choice value={quoteattr(one)}/>" for one in (*services, NEW_SERVICE))
    labels = "\n".join(f"    <Label value={quoteattr(one)}/>" for one in slots)
    return (
        "<View>\n"
        f'  <Labels name="{_SLOTS}" toName="{_TEXT}">\n{labels}\n  </Labels>\n'
        f'  <Text name="{_TEXT}" value="${_TEXT}"/>\n'
        f'  <Choices name="{_SERVICE}" toName="{_TEXT}" choice="single" '
        f'showInline="false">\n{choices}\n  </Choices>\n'
        "</View>\n"
    )


def task(card: Card, decided: Sequence[Decided] = ()) -> dict[str, Any]:
    """A card as a task: what the model made of it is a prediction, each decision of one text an
    annotation."""
    more = {"card": card.number, "messages": card.count, "reasons": card.reasons}
    made = task_of(replace(card.item, key=card.language), more, card.number)
    return {**made, "annotations": list(_annotations(card.item.text, decided))}


def task_of(item: Item, more: Mapping[str, Any], number: int) -> dict[str, Any]:
    """A message as a task that nobody has annotated; `more` stands beside it in its data."""
    data = {
        _TEXT: item.text,
        "key": item.key,
        **more,
        "ranking": [{"service": name, "probability": p} for name, p in item.ranking],
    }
    regions = [_region(item.text, *mark) for mark in item.marks]
    predictions = [
        {
            "model_version": item.model,
            "score": item.ranking[0][1],
            "result": [_choice(item.ranking[0][0]), *regions],
        }
    ]
    return {
        "id": number,
        "data": data,
        "predictions": predictions if item.ranking else [],
        "annotations": [],
    }


def _annotations(text: str, decided: Sequence[Decided]) -> Iterator[dict[str, Any]]:
    for one in decided:
        result = _result(text, one.decision)
        if result:
            yield {
                "result": result,
                "completed_by": {"email": one.account},
                "was_cancelled": False,
                "ground_truth": False,
            }


def _result(text: str, decision: Decision) -> list[dict[str, Any]]:
    """Regions of a decision; none where its texts are not the one of the task."""
    if decision.name:
        return [_choice(NEW_SERVICE)]
    if len(decision.parts) != 1:
        return []
    (part,) = decision.parts
    plain, marks = parse_marks(part.text)
    regions = [_region(plain, one.start, one.end, one.slot) for one in marks]
    return [_choice(part.service), *(regions if plain == text else [])]


def _choice(service: str) -> dict[str, Any]:
    value = {"choices": [service]}
    return {"from_name": _SERVICE, "to_name": _TEXT, "type": "choices", "value": value}


def _region(text: str, start: int, end: int, slot: str) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": text[start:end], "labels": [slot]}
    return {"from_name": _SLOTS, "to_name": _TEXT, "type": "labels", "value": value}


def read_tasks(path: Path) -> list[Line]:
    """The reviewed texts of an export; tasks that nobody annotated are left out. Raises LinesError,
    which names every mistake with the place of its task in the list, from 1."""
    try:
        tasks = json.loads(path.read_bytes().decode("utf-8-sig"))
    except ValueError as error:
        raise LinesError([f"{path}: not JSON ({error})"]) from None
    if not isinstance(tasks, list):
        raise LinesError([f"{path}: Label Studio exports a list of tasks, this is none"])
    lines: list[Line] = []
    problems: list[str] = []
    for number, one in enumerate(tasks, 1):
        try:
            line = _line(number, one)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            what = (
                error
                if type(error) is ValueError
                else f"not a task of `text` and `key` ({error!r})"
            )
            problems.append(f"{path}:task {number}: {what}")
        else:
            lines += [line] if line else []
    if problems:
        raise LinesError(problems)
    return lines


def _line(number: int, one: Any) -> Line | None:
    """The line of a task; None where nobody annotated it, or as a service that is not there yet."""
    data = one["data"]
    found = {
        line
        for annotation in one.get("annotations", ())
        if not annotation.get("was_cancelled")
        and (line := _of(number, data["text"], data["key"], annotation["result"]))
    }
    if len(found) > 1:
        raise ValueError("its annotations differ: decide there which one counts")
    line = next(iter(found), None)
    return None if line is None or line.service == NEW_SERVICE else line


def _of(number: int, text: str, key: str, result: Sequence[Any]) -> Line | None:
    values = [(region["from_name"], region["value"]) for region in result]
    chosen = [value["choices"][0] for name, value in values if name == _SERVICE]
    if not chosen:
        return None
    spans = [
        (int(value["start"]), int(value["end"]), str(value["labels"][0]))
        for name, value in values
        if name == _SLOTS
    ]
    return Line(number, marked(text, spans), key, str(chosen[0]))
