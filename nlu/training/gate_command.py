"""`seva gate`, and what `seva promote` asks before a model takes the place of the live one."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from nlu.archive import ReleaseRefused
from nlu.training.compare_command import action
from nlu.training.gate import Check, Verdict, judge, kept_verdict, verdict_on

PASSED, FAILED, NOT_ASKED = "passed", "failed", "not asked"
"""What a change of the live model keeps about the gate."""


def gate_command(model: str, against: str | None, json_output: bool, again: bool = False) -> int:
    """`seva gate ID [--against ID]`: 0 where it may go live."""
    from nlu.catalogue import CatalogueError
    from nlu.model_ids import chosen_model
    from nlu.paths import models_folder
    from nlu.records import RecordError
    from nlu.shared_models import bring

    folder = models_folder()
    try:
        model = chosen_model(folder, model)
        bring(folder, model)
        if against is not None or again:
            verdict: Verdict | None = judge(folder, model, chosen_model(folder, against or "live"))
        else:
            verdict = verdict_on(folder, model)
    except (CatalogueError, RecordError, OSError, ReleaseRefused) as error:
        print(error, file=sys.stderr)
        return 1
    if verdict is None:
        print(f"{model} has no other live model to be held against.", file=sys.stderr)
        return 0
    if json_output:
        print(json.dumps(asdict(verdict), ensure_ascii=False, indent=2))
    else:
        print(told(verdict))
    return 0 if verdict.passed else 1


def asked(folder: Path, model: str, anyway: str) -> str:
    """What the gate says of a model that is to go live: PASSED, or NOT_ASKED where no other is.
    With a reason to do it `anyway`, what is known already is enough. Raises ReleaseRefused where
    it failed, and as `judge`."""
    from nlu.registry import live_id
    from nlu.shared_models import bring

    bring(folder, model)
    live = live_id(folder)
    if live is None or live == model:
        return NOT_ASKED
    if anyway:
        verdict = kept_verdict(folder, model, live)
        return NOT_ASKED if verdict is None else PASSED if verdict.passed else FAILED
    print(f"Asking the gate whether {model} may take the place of {live} ...", file=sys.stderr)
    verdict = verdict_on(folder, model)
    if verdict is not None and not verdict.passed:
        raise ReleaseRefused(
            f"{told(verdict)}\nIt is not live. `seva compare {live} {model}` lists the messages "
            "that changed; `--anyway REASON` makes it live all the same"
        )
    return PASSED


def told(verdict: Verdict) -> str:
    """The verdict in lines for a terminal: what failed comes first."""
    head = "may take the place of" if verdict.passed else "may NOT take the place of"
    lines = [f"{verdict.model} {head} {verdict.live} (gate of {verdict.at})"]
    for check in sorted(verdict.checks, key=lambda one: one.passed):
        lines.append(f"  {'passed' if check.passed else 'FAILED'}  {_line(check)}")
        for turn in check.figures.get("missed", ()):
            lines.append(f"          {turn['text']}: {turn['meant']} -> {action(turn['after'])}")
    for name, row in verdict.new_services.items():
        share = row["right_action"]
        said = "no messages held back" if share is None else f"right action {share:.3f}"
        lines.append(f"  new     {name}: {said} ({row['rows']} messages)")
    return "\n".join(lines)


def _line(check: Check) -> str:
    figures = check.figures
    if check.kind == "golden":
        return f"golden: {check.about} ({figures['rows']} turns)"
    if check.kind == "gone":
        return f"services that are gone: {check.about or 'none'}"
    name = {"key": check.about, "out_of_scope": "out of scope", "conversation": "talk"}[check.kind]
    mean, low, high = figures["gain"]
    return (
        f"{name}: right action {figures['a']:.3f} -> {figures['b']:.3f}, {mean:+.4f} "
        f"({low:+.4f} .. {high:+.4f}), {figures['won']} won, {figures['lost']} lost of "
        f"{figures['rows']}"
    )
