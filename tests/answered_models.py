"""Two releases with their answers beside them: what a comparison reads, and no model that has to be
loaded. Their catalogues are small and made here, since to read one takes seconds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nlu.registry import DATA
from nlu.right_action import OUT_OF_SCOPE, Talk
from nlu.training import compare
from nlu.training.answers import Answered, keep
from nlu.training.compare import Known, holdout_rows
from nlu.training.gate import limits_file, read_limits
from tests.releases import register

VIEW, PAY = "electricity_bill_view", "electricity_bill_payment"
LIVE, CANDIDATE = "20261130-093411-53bc66be", "20261130-121500-0a1b2c3d"
KEYS = ("te", "te-Latn", "hi", "hi-Latn", "en")
MESSAGES = 40
"""Held back for each intent and way of writing."""


def catalogue(services: Collection[str], trained: Sequence[str] = ()) -> Any:
    """As much of a `Catalogue` as a comparison reads."""

    def intent(name: str, elsewhere: bool = False) -> Any:
        texts = {
            key: tuple(
                SimpleNamespace(text=f"{name} {key} {number}", marks=())
                for number in range(MESSAGES)
            )
            for key in KEYS
        }
        known = {"en": [SimpleNamespace(text=text) for text in trained]}
        return SimpleNamespace(
            utterances=known, holdout=texts, holdout_noisy={}, elsewhere=elsewhere
        )

    talk = {name: intent(name) for name in (OUT_OF_SCOPE, "greet", "thanks", "talk_to_person")}
    return SimpleNamespace(
        services={name: intent(name) for name in services},
        conversation={**talk, "elsewhere_passport": intent("passport", elsewhere=True)},
    )


def answered_pair(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    before: Collection[str] = (VIEW, PAY),
    after: Collection[str] = (VIEW, PAY),
    trained: Sequence[str] = (),
) -> Known:
    """Registers LIVE and CANDIDATE, of catalogues with these services; both are always right. The
    candidate was trained on `trained`."""
    known = Known(catalogue(before), catalogue(after, trained))
    of = dict(zip((LIVE, CANDIDATE), (known.a, known.b)))
    monkeypatch.setattr(compare, "shared_catalogue", lambda data: of[data.parent.name])
    for name, created in ((LIVE, "2026-11-30T09:34:11"), (CANDIDATE, "2026-11-30T12:15:00")):
        if not (folder / name).exists():
            register(folder, name, f"{created}+00:00")
        assert (folder / name / DATA).is_dir()
        answer(folder, name, known)
    return known


def answer(
    folder: Path, name: str, known: Known, wrong: Mapping[str, Answered] | None = None
) -> None:
    """Keeps what a model answers: what is right, but for these texts."""
    meant = {row.text: row.service for row in holdout_rows(known)}
    golden = read_limits(limits_file()).golden
    meant |= {turn.text: turn.action for one in golden for turn in one.turns}
    talk, odd = Talk.of(known.b), wrong or {}
    keep(
        folder / name,
        [odd.get(text, right_answer(text, action, talk)) for text, action in meant.items()],
    )


def right_answer(text: str, meant: str, talk: Talk) -> Answered:
    """What a model that is right and sure answers."""
    kind = {"service": "route"}.get(talk.group(meant), talk.group(meant))
    return Answered(text, kind, (meant,) if kind == "route" else (), meant, 0.99)


def refusal(text: str) -> Answered:
    """What a model answers that thinks no service does this."""
    return Answered(text, OUT_OF_SCOPE, (), OUT_OF_SCOPE, 0.7)
