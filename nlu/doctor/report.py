"""The body of `seva doctor`: what was found, for people or as one JSON document."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from nlu.doctor.deployment import Deployment
from nlu.doctor.examination import Result, examine, is_well, ordered
from nlu.settings import Role

_COLOURS = {"critical": "31;1", "trouble": "31", "notice": "33", "well": "32", "not looked": "2"}
_WIDTH = 10


def doctor_command(roles: Iterable[Role] = (), *, as_json: bool = False) -> int:
    """Looks, prints, and says by the exit code whether there is trouble: 0 or 1."""
    results = examine(Deployment.of(roles=roles))
    print(json_report(results) if as_json else report(results, coloured=sys.stdout.isatty()))
    return 0 if is_well(results) else 1


def json_report(results: Sequence[Result]) -> str:
    """`findings`, the worst first; `well` and `not_looked` by the names of checks."""
    return json.dumps(
        {
            "ok": is_well(results),
            "findings": [
                {"check": check.name, **asdict(finding)} for check, finding in ordered(results)
            ],
            "well": {one.check.name: one.check.well for one in results if _is_well(one)},
            "not_looked": {one.check.name: one.not_looked for one in results if one.not_looked},
        },
        ensure_ascii=False,
        indent=2,
    )


def report(results: Sequence[Result], *, coloured: bool = False) -> str:
    """Three lines for each finding, one for each check that found none."""
    lines = []
    for check, finding in ordered(results):
        lines += [
            f"{_mark(finding.severity, coloured)} {check.name}: {finding.what}",
            f"{'why':>{_WIDTH}} {finding.why}",
            f"{'mend':>{_WIDTH}} {finding.mend}",
        ]
    for one in results:
        if _is_well(one):
            lines.append(f"{_mark('well', coloured)} {one.check.name}: {one.check.well}")
    for one in results:
        if one.not_looked:
            lines.append(f"{_mark('not looked', coloured)} {one.check.name}: {one.not_looked}")
    return "\n".join([*lines, "", _summary(results)])


def _summary(results: Sequence[Result]) -> str:
    found = [finding.severity for _, finding in ordered(results)]
    told = [f"{found.count(kind)} {kind}" for kind in dict.fromkeys(found)]
    well = sum(map(_is_well, results))
    return f"{', '.join(told) or 'nothing wrong'}; {well} of {len(results)} checks are well"


def _is_well(one: Result) -> bool:
    return not one.findings and not one.not_looked


def _mark(kind: str, coloured: bool) -> str:
    text = f"{kind:>{_WIDTH}}"
    return f"\033[{_COLOURS[kind]}m{text}\033[0m" if coloured else text
