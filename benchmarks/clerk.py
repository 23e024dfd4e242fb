"""`seva benchmark clerk`: what a clerk hears besides the service, on messages of other writers.

Four sets of `benchmarks/sets/`, written by people who saw none of the sentences that are learned:

about     asks about a fact of a service, or wants it done
danger    somebody is in danger: `recall` of those who read the number alone, `told` of those who
          read it at all (in doubt it comes before the usual answer); `alarms` are wrong ones, among
          messages that are near to it; `ordinary` among the hold-out sentences of services, but
          those about wires and transformers; `doubts` those of them that read the number as well
answers   what is written when a name, an address or a description was asked for, taken or refused;
          `asked` are those that Seva asks about ("Is this right?")
first     the language of the first answer to a stranger's first words
switches  hold-out sentences of other services, and ordinary talk, said where a name, an address or
          a description was asked for: how many began another service without a question (`silent`)
          or ended the form without a word of cancelling (`cancelled`)
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.command import machine_line
from benchmarks.machine import machine
from nlu.fast_yaml import load_yaml

SETS = Path(__file__).parent / "sets"
DESCRIPTION = "grievance_text"  # the type of slot that stands for descriptions
SWITCHES = 200  # sentences a key
Row = Mapping[str, Any]


def read(name: str) -> dict[str, list[Row]]:
    """The rows of a set by key."""
    files = sorted((SETS / name).glob("*.yml"))
    return {file.stem: load_yaml(file.read_text("utf-8")) for file in files}


def share(right: Iterable[bool]) -> float:
    """How many of them are true, 0 to 1."""
    found = list(right)
    return round(sum(found) / len(found), 4) if found else 0.0


def _cell(value: float) -> str:
    return f"{value:>13}" if isinstance(value, int) else f"{value:>13.3f}"


def _alarmed(heard: Any) -> bool:
    return heard.danger is not None and not heard.danger_in_doubt


class Clerk:
    """The live model, and what the dialogue makes of what it understands."""

    def __init__(self) -> None:
        from actions.dialogue.form import Form
        from actions.dialogue.settings import load_settings
        from nlu.catalogue import shared_catalogue
        from nlu.engine.rasa_engine import Engine
        from nlu.paths import models_folder
        from nlu.registry import live_release

        release = live_release(models_folder())
        self.engine = asyncio.run(Engine.load(release.model, data_dir=release.data))
        self.catalogue = shared_catalogue(release.data)
        self.form = Form(self.catalogue, load_settings(release.data), date(2026, 11, 25))

    def heard(self, texts: Sequence[str]) -> Iterator[Any]:
        """Each message as the dialogue reads it."""
        from actions.dialogue.state import read_heard
        from nlu.engine.rasa_engine import Question
        from nlu.turn import Message

        for text in texts:
            (found,) = self.engine.path.run([Question(text).message(())])
            parsed = {**found.data, "answer": found.data["traits"]["answer"]}
            yield read_heard(parsed, Message(text, "1:919848012345", "m1"))

    def about(self, rows: Sequence[Row]) -> dict[str, float]:
        """Asks or wants told apart, and of those that ask, how often the facts are the right ones
        (`facts`: one of them at least)."""
        asked = [set(one.about) for one in self.heard([row["text"] for row in rows])]
        wanted = [set(row["about"]) for row in rows]
        return {
            "rows": len(rows),
            "right": share(bool(a) == bool(w) for a, w in zip(asked, wanted)),
            "asks": share(bool(a) for a, w in zip(asked, wanted) if w),
            "wants": share(not a for a, w in zip(asked, wanted) if not w),
            "facts": share(bool(a & w) for a, w in zip(asked, wanted) if w),
        }

    def danger(self, rows: Sequence[Row], key: str) -> dict[str, float]:
        """Recall, the right kind among those found, and wrong alarms."""
        found = list(self.heard([row["text"] for row in rows]))
        wanted = [None if row["danger"] == "none" else row["danger"] for row in rows]
        pairs = list(zip(found, wanted))
        others = self.catalogue.traits["danger"].others
        ordinary = [
            utterance.text
            for name, service in self.catalogue.services.items()
            if name not in others.but
            for utterance in service.holdout[key]
        ]
        alarmed = list(self.heard(ordinary))
        return {
            "rows": len(rows),
            "recall": share(_alarmed(f) for f, w in pairs if w),
            "told": share(f.danger is not None for f, w in pairs if w),
            "kind": share(f.danger == w for f, w in pairs if w and f.danger),
            "alarms": share(_alarmed(f) for f, w in pairs if not w),
            "ordinary": share(map(_alarmed, alarmed)),
            "doubts": share(one.danger is not None and one.danger_in_doubt for one in alarmed),
        }

    def answers(self, rows: Sequence[Row]) -> dict[str, float]:
        """Rightly taken or not, by slot; asked about counts for neither."""
        from actions.dialogue.answers import doubt

        settings, types = self.form.settings.answers, self.catalogue.slot_types
        counts: dict[str, list[bool]] = {}
        asked = Counter[bool]()
        for row, heard in zip(rows, self.heard([row["text"] for row in rows])):
            slot_type = types[DESCRIPTION if row["slot"] == "description" else row["slot"]]
            unsure = doubt(self.form, slot_type, heard)
            asked[settings.doubt <= unsure < settings.refuse] += 1
            taken = not heard.about and unsure < settings.doubt
            counts.setdefault(row["slot"], []).append(taken == row["right"])
        return {
            "rows": len(rows),
            "right": share(one for some in counts.values() for one in some),
            **{slot: share(some) for slot, some in counts.items()},
            "asked": round(asked[True] / len(rows), 4),
        }

    def first(self, rows: Sequence[Row], key: str) -> dict[str, float]:
        """The language that a stranger is answered in."""
        from actions.dialogue.state import State

        stranger = State(self.catalogue.languages.default, language_known=False)
        wanted = self.catalogue.languages.keys[key].language
        heard = self.heard([row["text"] for row in rows])
        right = share(self.form.follow(stranger, one).language == wanted for one in heard)
        return {"rows": len(rows), "right": right}

    def switches(self, key: str) -> dict[str, float]:
        """What 200 sentences do to open questions of forms, each to another one in turn."""
        from actions.dialogue import turns
        from actions.dialogue.state import SWITCH, State

        services, types = self.catalogue.services, self.form.settings.answers.labels
        questions = [
            (service, slot)
            for service in services.values()
            for slot in service.slots
            if slot.required and slot.type.name in types
        ]
        strange = [
            (name, utterance.text)
            for name, service in services.items()
            for utterance in service.holdout[key][:2]
        ]
        talk = [
            (name, utterance.text)
            for name, intent in self.catalogue.conversation.items()
            if name != "cancel"
            for utterance in intent.holdout.get(key, ())[:1]
        ]
        said = [*strange, *talk][:SWITCHES]
        language = self.catalogue.languages.keys[key].language
        counts = Counter[str]()
        for number, ((name, _), heard) in enumerate(zip(said, self.heard([t for _, t in said]))):
            service, slot = questions[number % len(questions)]
            if service.name == name:
                continue
            state = State(language, service=service.name, asked=slot.name, nonce="n")
            after = turns.understood(self.form, state, heard).state
            other = after.service != service.name and after.service is not None
            counts["asked"] += (after.asked or "").startswith(SWITCH)
            counts["silent"] += other
            counts["cancelled"] += after.service is None
        return {
            "rows": len(said),
            **{name: counts[name] for name in ("asked", "silent", "cancelled")},
        }


def run() -> dict[str, Any]:
    """The document that `--json` prints. Raises FileNotFoundError when no model is live."""
    before, clerk = machine(), Clerk()
    return {
        "machine": before,
        "model": clerk.engine.model_id,
        "about": {key: clerk.about(rows) for key, rows in read("about").items()},
        "danger": {key: clerk.danger(rows, key) for key, rows in read("danger").items()},
        "answers": {key: clerk.answers(rows) for key, rows in read("answers").items()},
        "first": {key: clerk.first(rows, key) for key, rows in read("first").items()},
        "switches": {key: clerk.switches(key) for key in clerk.catalogue.languages.keys},
    }


def lines(document: Mapping[str, Any]) -> Iterator[str]:
    """The document as tables."""
    yield f"{machine_line(document['machine'])}, model {document['model']}"
    for name in ("about", "danger", "answers", "first", "switches"):
        by_key = document[name]
        columns = list(next(iter(by_key.values())))
        yield ""
        yield f"{name:<10}" + "".join(f"{column:>13}" for column in columns)
        for key, found in by_key.items():
            cells = (_cell(found[column]) for column in columns)
            yield f"{key:<10}" + "".join(cells)


def main(arguments: Sequence[str]) -> int:
    """`seva benchmark clerk`; the exit code."""
    parser = argparse.ArgumentParser(
        prog="seva benchmark clerk",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="one JSON document, nothing else")
    given = parser.parse_args(list(arguments))
    try:
        document = run()
    except FileNotFoundError as problem:
        print(problem, file=sys.stderr)
        return 1
    print(json.dumps(document, indent=2) if given.json else "\n".join(lines(document)))
    return 0
