"""The gate: what stops a model, what does not, and what is kept of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from nlu import registry
from nlu.archive import ReleaseRefused
from nlu.commands.models import app
from nlu.fast_yaml import load_yaml
from nlu.records import RecordError
from nlu.training import gate
from nlu.training.answers import Answered
from nlu.training.compare import Known, holdout_rows, kept_comparison
from nlu.training.gate import (
    Verdict,
    judge,
    kept_verdict,
    limits_file,
    read_limits,
    verdict_on,
)
from nlu.training.metrics import Labelled
from tests.answered_models import (
    CANDIDATE,
    KEYS,
    LIVE,
    MESSAGES,
    PAY,
    VIEW,
    answer,
    answered_pair,
    refusal,
)


@dataclass(frozen=True)
class Pair:
    """A registry with a live model and a candidate, and what they know."""

    folder: Path
    known: Known

    def held_back(self, key: str, service: str = VIEW) -> list[str]:
        """Texts of a way of writing that both hold back."""
        rows = holdout_rows(self.known)
        return [r.text for r in rows if (r.key, r.service) == (key, service)]

    def answers(self, wrong: Iterable[Answered]) -> None:
        """The candidate answers so, and else what is right."""
        answer(self.folder, CANDIDATE, self.known, {one.text: one for one in wrong})

    def judge(self) -> Verdict:
        return judge(self.folder, CANDIDATE, LIVE)


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """The two answer alike."""
    known = answered_pair(tmp_path, monkeypatch)
    registry.promote(tmp_path, LIVE)
    monkeypatch.setenv("SEVA_MODELS_DIR", str(tmp_path))
    return Pair(tmp_path, known)


def loose(folder: Path, monkeypatch: pytest.MonkeyPatch, **changed: object) -> None:
    """Other limits than those of the project."""
    path = folder / "limits.yml"
    content = {**load_yaml(limits_file().read_text("utf-8")), **changed}
    path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    monkeypatch.setattr(gate, "limits_file", lambda: path)


def test_an_equal_model_passes_and_the_verdict_is_kept(pair: Pair) -> None:
    verdict = pair.judge()
    assert verdict.passed and not verdict.reasons
    kinds = {check.kind for check in verdict.checks}
    assert kinds == {"key", "out_of_scope", "gone", "golden"}
    assert kept_verdict(pair.folder, CANDIDATE, LIVE) == verdict
    record = kept_comparison(pair.folder, LIVE, CANDIDATE)
    assert record is not None and record["changed"] == [] and record["all"]["gain"] == [0, 0, 0]
    assert record["by_key"]["te"]["rows"] == 2 * MESSAGES


def test_a_key_that_is_surely_worse_stops_it(pair: Pair) -> None:
    pair.answers(refusal(text) for text in pair.held_back("te")[:8])
    (reason,) = pair.judge().reasons
    assert (reason.kind, reason.about) == ("key", "te")
    assert (reason.figures["lost"], reason.figures["won"]) == (8, 0)
    assert reason.figures["gain"][2] < 0


def test_what_is_asked_back_is_a_loss(pair: Pair) -> None:
    texts = pair.held_back("te")[:8]
    pair.answers(Answered(text, "clarify", (VIEW, PAY), VIEW, 0.5) for text in texts)
    assert [one.about for one in pair.judge().reasons] == ["te"]


def test_a_key_of_few_messages_stops_nothing(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    loose(pair.folder, monkeypatch, fewest_messages=2 * MESSAGES + 1)
    pair.answers(refusal(text) for text in pair.held_back("te"))
    assert pair.judge().passed


def test_a_message_more_or_less_is_within_the_interval(pair: Pair) -> None:
    pair.answers([refusal(pair.held_back("te")[0])])
    assert pair.judge().passed
    (changed,) = (kept_comparison(pair.folder, LIVE, CANDIDATE) or {})["changed"]
    assert (changed["change"], changed["meant"], changed["key"]) == ("lost", VIEW, "te")
    assert changed["before"]["options"] == [VIEW] and changed["after"]["kind"] == "out_of_scope"


def test_opening_services_for_what_none_does_stops_it(pair: Pair) -> None:
    texts = [text for key in KEYS for text in pair.held_back(key, "out_of_scope")][:12]
    pair.answers(Answered(text, "route", (PAY,), PAY, 0.9) for text in texts)
    assert {one.kind for one in pair.judge().reasons} == {"out_of_scope"}


def test_a_golden_conversation_that_is_missed_stops_it(pair: Pair) -> None:
    text = "How much is my electricity bill"
    pair.answers([Answered(text, "route", (PAY,), PAY, 0.9)])
    (reason,) = pair.judge().reasons
    assert reason.kind == "golden" and [one["text"] for one in reason.figures["missed"]] == [text]
    told = seva("gate", CANDIDATE)
    assert told.exit_code == 1
    assert f"{text}: {VIEW} -> {PAY}" in told.stdout and "may NOT take the place" in told.stdout


def test_what_the_catalogue_does_not_have_is_no_golden_conversation(pair: Pair) -> None:
    whole = next(g for g in read_limits(limits_file()).golden if "bus" in g.name)
    (found,) = [check for check in pair.judge().checks if check.about == whole.name]
    assert found.figures["rows"] == len(whole.turns) - 1  # the talk is left, the ticket is not


def test_a_service_that_is_gone_stops_it_and_a_new_one_has_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered_pair(tmp_path, monkeypatch, before=(VIEW,), after=(PAY,))
    verdict = judge(tmp_path, CANDIDATE, LIVE)
    assert [one.about for one in verdict.reasons if one.kind == "gone"] == [VIEW]
    assert verdict.new_services == {PAY: {"rows": len(KEYS) * MESSAGES, "right_action": 1.0}}


def test_a_new_service_hides_no_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the live model cannot know is no gain of a key."""
    pair = Pair(tmp_path, answered_pair(tmp_path, monkeypatch, before=(VIEW,)))
    pair.answers(refusal(text) for text in pair.held_back("hi")[:8])
    assert [(one.kind, one.about) for one in pair.judge().reasons] == [("key", "hi")]


def test_what_either_was_trained_on_is_not_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = answered_pair(tmp_path, monkeypatch, trained=(f"{VIEW} te 0",))
    texts = {row.text for row in holdout_rows(known)}
    assert f"{VIEW} te 0" not in texts and f"{VIEW} te 1" in texts


def test_a_verdict_of_other_limits_or_of_another_live_model_is_old(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.judge()
    assert kept_verdict(pair.folder, CANDIDATE, "another") is None
    loose(pair.folder, monkeypatch, fewest_messages=1)
    assert kept_verdict(pair.folder, CANDIDATE, LIVE) is None
    assert kept_verdict(pair.folder, CANDIDATE) is not None
    assert verdict_on(pair.folder, LIVE) is None  # it is live


def test_what_is_not_kept_is_asked_of_the_model_once(pair: Pair) -> None:
    """A fake answers in the place of the model, which is none."""
    (pair.folder / CANDIDATE / "report" / "answers.jsonl").unlink()
    asked: list[int] = []

    def ask(model: Path, data: Path, rows: list[Labelled]) -> list[Mapping[str, Any]]:
        asked.append(len(rows))
        ranking = [{"name": VIEW, "confidence": 0.9}]
        decision = {"kind": "route", "options": [{"service": VIEW}]}
        return [{"decision": decision, "intent_ranking": ranking} for _ in rows]

    assert not judge(pair.folder, CANDIDATE, LIVE, ask).passed
    first = list(asked)
    assert first and not judge(pair.folder, CANDIDATE, LIVE, ask).passed
    assert asked == first


def test_limits_are_checked_with_their_lines(tmp_path: Path) -> None:
    text = limits_file().read_text("utf-8")
    (tmp_path / "gate.yml").write_text(text.replace("  key: 0.0", "  keys: 0.0"), "utf-8")
    with pytest.raises(RecordError, match="allowed_loss"):
        read_limits(tmp_path / "gate.yml")


# --- `seva promote` asks the gate ---------------------------------------------------------------


def seva(*command: str) -> Result:
    return CliRunner().invoke(app, list(command))


def test_promote_asks_the_gate_and_keeps_what_it_said(pair: Pair) -> None:
    done = seva("promote", "0a1b", "--reason", "ration cards")
    assert done.exit_code == 0, done.output
    assert registry.live_id(pair.folder) == CANDIDATE
    (made,) = registry.changes(pair.folder)
    assert (made.gate, made.reason) == ("passed", "ration cards") and made.by


def test_promote_refuses_what_fails_and_says_why(pair: Pair) -> None:
    text = "How much is my electricity bill"
    pair.answers([refusal(text)])
    done = seva("promote", "0a1b")
    assert done.exit_code == 1 and registry.live_id(pair.folder) == LIVE
    assert "FAILED  golden" in done.stderr and "--anyway" in done.stderr
    done = seva("promote", "0a1b", "--anyway", "the minister waits")
    assert done.exit_code == 0 and registry.live_id(pair.folder) == CANDIDATE
    (made,) = registry.changes(pair.folder)
    assert (made.gate, made.reason) == ("failed", "the minister waits")
    assert "although the gate failed it: the minister waits" in seva("models", "0a1b").stdout


def test_verdict_as_json(pair: Pair) -> None:
    done = seva("gate", "0a1b", "--json")
    assert done.exit_code == 0, done.output
    verdict = json.loads(done.stdout)
    assert verdict["passed"] is True and verdict["live"] == LIVE
    assert seva("gate", "live").exit_code == 0  # nothing to hold it against


def test_a_model_whose_archive_is_not_whole_is_not_judged(pair: Pair) -> None:
    (pair.folder / CANDIDATE / "report" / "answers.jsonl").unlink()
    (pair.folder / CANDIDATE / registry.ARCHIVE).write_bytes(b"other")
    with pytest.raises(ReleaseRefused, match="not the file that was registered"):
        pair.judge()
