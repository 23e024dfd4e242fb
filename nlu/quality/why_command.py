"""How `seva why` tells an explanation, on a terminal or as one JSON document."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from nlu.archive import ReleaseRefused
from nlu.quality.why import Explanation, Near, UnknownIntent, as_json, explain

_FEW = 5  # intents of the ranking that are printed


def why_command(text: str, model: str | None, against: str | None, json_output: bool) -> int:
    """`seva why TEXT [--model ID] [--against INTENT] [--json]`."""
    from nlu.model_ids import chosen_model
    from nlu.paths import models_folder
    from nlu.quality.progress import bar
    from nlu.registry import live_release, release_of

    if not text.strip():
        print("nothing to explain: the text is empty", file=sys.stderr)
        return 2
    folder = models_folder()
    try:
        release = release_of(folder, chosen_model(folder, model)) if model else live_release(folder)
        release.check_words()
        with bar() as tell:
            found = explain(release, text, against, tell)
    except UnknownIntent as error:
        print(error, file=sys.stderr)
        return 2
    except (FileNotFoundError, ReleaseRefused) as error:
        print(error, file=sys.stderr)
        return 1
    if json_output:
        print(json.dumps(as_json(found), ensure_ascii=False, indent=2))
    else:
        _print(found)
    return 0


def _print(found: Explanation) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    out = Console(highlight=False)
    options = ", ".join(found.decision.options)
    out.print(f"decision  {found.decision.kind} {options}".rstrip())
    out.print(f"because   {escape(found.reason)}")
    for name, chance in found.ranking[:_FEW]:
        out.print(f"intent    {chance:.3f}  {name}")
    pull = found.pull
    head = f"\nWhat speaks for {pull.chosen} and against {pull.rival}, in log odds:"
    out.print(head, soft_wrap=True)
    table = Table("word", "its letters", f"{pull.chosen} without it", box=None, pad_edge=False)
    for word in pull.words:
        without = "" if word.without is None else f"{word.without:.3f}"
        table.add_row(escape(word.word), f"{word.letters:+.2f}", without)
    parts = {
        "(the meaning of the whole)": pull.meaning,
        "(places that are named)": pull.places,
        "(borders and other spellings)": pull.rest,
        "(without any message)": pull.start,
        "(all together)": pull.total,
    }
    for name, value in parts.items():
        if value or name == "(all together)":
            table.add_row(name, f"{value:+.2f}", "")
    out.print(table)
    out.print("\nThe nearest trained sentences of all:")
    _print_near(found.nearest, out, named=True)
    for name, some in found.of_intent.items():
        out.print(f"\nof {name}:")
        _print_near(some, out, named=False)
    out.print(f"\nmodel     {found.model}")


def _print_near(some: Sequence[Near], out: Any, *, named: bool) -> None:
    from nlu.quality.sentences import shown

    for one in some:
        intent = f"{one.sentence.intent}  " if named else ""
        line = f"{one.cosine:.3f}  {one.sentence.key:<7}  {intent}{one.sentence.text}"
        out.print(line, markup=False, soft_wrap=True)
        out.print(f"       {shown(one.file, one.line)}", markup=False, soft_wrap=True)
