"""Slot types and places: examples that are understood, titles and ids that do not collide."""

from __future__ import annotations

from collections.abc import Iterator

from nlu.catalogue.errors import Problem
from nlu.catalogue.rules.examples import example_problems
from nlu.catalogue.rules.run import Run
from nlu.catalogue.slot_kinds import slot_kinds


def slot_type_problems(check: Run) -> Iterator[Problem]:
    """Every slot type and gazetteer."""
    file = check.catalogue.root / "slot_types.yml"
    for slot_type in check.catalogue.slot_types.values():
        here = ("types", slot_type.name)
        if len(slot_type.examples) < check.limits.counts.examples:
            what = f"{slot_type.name} has {len(slot_type.examples)} examples"
            mend = f"give at least {check.limits.counts.examples} answers that must be understood"
            yield check.at(file, *here, "examples", what=what, mend=mend)
        if (file, (*here, "label")) not in check.catalogue.positions:
            what = f"{slot_type.name} has no `label`"
            mend = "add what it is called when an answer is read back, in every language"
            yield check.at(file, *here, what=what, mend=mend)
        low, high = slot_type.minimum, slot_type.maximum
        if low is not None and high is not None and low > high:
            what = f"min {low} is above max {high}"
            yield check.at(file, *here, "min", what=what, mend="exchange them")
        kind = slot_kinds().get(slot_type.kind)
        mistake = kind.check(slot_type) if kind else None
        if mistake is not None:
            key, what, mend = mistake
            yield check.at(file, *here, key, what=what, mend=mend)
        values = [choice.value for choice in slot_type.choices]
        for value in sorted({v for v in values if values.count(v) > 1}):
            what = f"two choices have the value `{value}`"
            yield check.at(file, *here, "choices", what=what, mend="give one another value")
    if not check.broken:
        yield from example_problems(check)
    yield from _places(check)


def _places(check: Run) -> Iterator[Problem]:
    for gazetteer in check.catalogue.gazetteers.values():
        file = check.catalogue.root / "gazetteers" / f"{gazetteer.name}.yml"
        seen: dict[str, str] = {}
        values: set[str] = set()
        for index, place in enumerate(gazetteer.places):
            if place.value in values:
                what = f"two places have the value `{place.value}`"
                mend = "join them, or give one another value"
                yield check.at(file, "places", str(index), "value", what=what, mend=mend)
            values.add(place.value)
            for form in (*place.title.values(), *place.forms):
                other = seen.setdefault(form.casefold(), place.value)
                if other != place.value:
                    what = f"`{form}` means both {other} and {place.value}"
                    mend = "leave it where most people mean it, or add a word to each"
                    yield check.at(file, "places", str(index), "forms", what=what, mend=mend)
