"""The gate: whether a model may take the place of the live one.

Both are measured by the right action on what their catalogues hold back. No way of writing may be
surely worse, nor talk, nor what no service does; no service may be gone; and a set of golden
conversations must be understood. The limits are `data/gate.yml`. The verdict, with its reasons, is
kept beside the model. Nothing but the two models is needed: no department and no process.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from nlu.archive import sha256
from nlu.catalogue import Catalogue
from nlu.known_fields import known_fields
from nlu.paths import CATALOGUE, SHIPPED, data_folder
from nlu.records import Misfit, read_record
from nlu.registry import live_id, release_of
from nlu.right_action import OUT_OF_SCOPE, Talk
from nlu.training.answers import REPORT, Ask, answers_of
from nlu.training.compare import Known, compare, known_to
from nlu.training.metrics import Labelled
from nlu.whole_file import write_whole

LIMITS = "gate.yml"
VERDICT = "gate.json"


@dataclass(frozen=True)
class Turn:
    """What a citizen writes, and the right action: a service, a talk, or out_of_scope."""

    text: str
    action: str


@dataclass(frozen=True)
class Golden:
    """A conversation that every model must understand."""

    name: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True)
class Limits:
    """`data/gate.yml`. A loss stops a model where the upper end of its interval is below minus
    `allowed_loss`; `fewest_messages` is how many a key needs to stop one."""

    confidence: float
    fewest_messages: int
    allowed_loss: Mapping[str, float]
    allowed_gone: int
    golden: tuple[Golden, ...] = ()


@dataclass(frozen=True)
class Check:
    """One condition. `kind` is key, out_of_scope, conversation, gone or golden; `about` names the
    key, the conversation or the services; `figures` is a row of the comparison, or, of a golden
    conversation, the turns that were `missed`."""

    kind: str
    about: str
    passed: bool
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """Whether `model` may take the place of `live`. `limits` is the SHA-256 of the limits used."""

    model: str
    live: str
    passed: bool
    at: str
    limits: str
    checks: tuple[Check, ...]
    new_services: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def reasons(self) -> tuple[Check, ...]:
        """What it failed."""
        return tuple(check for check in self.checks if not check.passed)


def limits_file() -> Path:
    """The limits of this catalogue, or those that came with Seva."""
    own = data_folder() / LIMITS
    return own if own.is_file() else SHIPPED / CATALOGUE / LIMITS


def read_limits(path: Path) -> Limits:
    """Raises RecordError."""
    return read_record(path, Limits, _misfits)


def _misfits(limits: Limits) -> Iterator[Misfit]:
    wanted = {"key", OUT_OF_SCOPE, "conversation"}
    if odd := sorted(wanted ^ set(limits.allowed_loss)):
        what = f"`allowed_loss` lacks or does not know: {', '.join(odd)}"
        yield Misfit(what, f"it has {', '.join(sorted(wanted))}")
    if not 0.5 < limits.confidence < 1:
        yield Misfit("`confidence` is not between 0.5 and 1", "0.95 is usual")


def judge(folder: Path, model: str, live: str, ask: Ask | None = None) -> Verdict:
    """Holds a model of the registry against another, and keeps the verdict beside it. Loads the two
    for what their trainings did not keep, which takes minutes. Raises ReleaseRefused,
    FileNotFoundError, CatalogueError, RecordError."""
    path = limits_file()
    limits = read_limits(path)
    found = compare(folder, live, model, confidence=limits.confidence, ask=ask)
    known = known_to(folder, live, model)
    checks = (*_losses(found, limits), *_golden(folder, model, known, limits, ask))
    verdict = Verdict(
        model=model,
        live=live,
        passed=all(check.passed for check in checks),
        at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        limits=sha256(path),
        checks=checks,
        new_services=found["new_services"],
    )
    text = json.dumps(asdict(verdict), ensure_ascii=False, indent=2)
    write_whole(release_of(folder, model).model / REPORT / VERDICT, text + "\n")
    return verdict


def kept_verdict(folder: Path, model: str, live: str | None = None) -> Verdict | None:
    """The verdict that lies beside the model, if it is about this live model and the limits as they
    are; without `live`, the last one, whatever it was about."""
    path = release_of(folder, model).model / REPORT / VERDICT
    if not path.is_file():
        return None
    told = known_fields(Verdict, json.loads(path.read_text("utf-8")))
    checks = tuple(Check(**known_fields(Check, one)) for one in told["checks"])
    verdict = Verdict(**{**told, "checks": checks})
    stale = verdict.live != live or verdict.limits != sha256(limits_file())
    return None if live is not None and stale else verdict


def verdict_on(folder: Path, model: str, ask: Ask | None = None) -> Verdict | None:
    """The verdict against the model that is live now, made where it is not kept; None where none is
    live, or this one is. Raises as `judge`."""
    live = live_id(folder)
    if live is None or live == model:
        return None
    return kept_verdict(folder, model, live) or judge(folder, model, live, ask)


def _losses(found: Mapping[str, Any], limits: Limits) -> Iterator[Check]:
    for key, row in found["by_key"].items():
        enough = row["rows"] >= limits.fewest_messages
        worse = row["gain"][2] < -limits.allowed_loss["key"]
        yield Check("key", key, not (enough and worse), row)
    for kind in (OUT_OF_SCOPE, "conversation"):
        row = found[kind]
        if row is not None:
            yield Check(kind, "", row["gain"][2] >= -limits.allowed_loss[kind], row)
    gone = found["gone_services"]
    yield Check("gone", ", ".join(gone), len(gone) <= limits.allowed_gone, {"rows": len(gone)})


def _golden(
    folder: Path, model: str, known: Known, limits: Limits, ask: Ask | None
) -> Iterator[Check]:
    """A turn about what neither model knows is left out; what only the live one knows is missed."""
    mine, before = known.b, known.a
    rows = [Labelled(t.text, "", t.action) for g in limits.golden for t in g.turns]
    rows = [row for row in rows if _has(mine, row.service) or _has(before, row.service)]
    answers, talk = answers_of(folder, model, rows, ask), Talk.of(mine)
    for golden in limits.golden:
        asked = [turn for turn in golden.turns if turn.text in answers]
        missed = [
            {"text": t.text, "meant": t.action, "after": asdict(answers[t.text])}
            for t in asked
            if not (_has(mine, t.action) and answers[t.text].right(t.action, talk))
        ]
        if asked:
            yield Check("golden", golden.name, not missed, {"rows": len(asked), "missed": missed})


def _has(catalogue: Catalogue, intent: str) -> bool:
    named = (catalogue.services, catalogue.conversation)
    return intent == OUT_OF_SCOPE or any(intent in names for names in named)
