"""Thresholds are chosen by cost: what a wrong action costs decides how sure one has to be."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yaml

from nlu.classifier.decision import Thresholds
from nlu.fast_yaml import load_yaml
from nlu.training.development import Development
from nlu.training.outcome import OUTCOMES, Intents, Ranked
from nlu.training.thresholds import Costs, choose, configured, document

ROOT = Path(__file__).resolve().parents[2]
INTENTS = Intents(frozenset({"greet", "out_of_scope"}), {"view": ("pay",), "pay": ("view",)})
CURRENT = Thresholds(route=0.6, reject=0.35, option=0.08, options=3, refuse=0.5)
SWEEP = {
    "route": [0.5, 0.6, 0.7, 0.8, 0.9],
    "reject": [0.2, 0.35, 0.5],
    "option": [0.05, 0.08],
    "refuse": [0.5],
}
KEYS = ("te", "te-Latn", "hi", "hi-Latn", "en")


def costs(**changed: float) -> Costs:
    """Everything costs 1 but what is changed; a question that helps costs 0.5."""
    flat: dict[str, float] = {name: 1.0 for name in OUTCOMES if name != "right"}
    shares = {"service": 80, "conversation": 10, "out_of_scope": 10}
    return Costs({**flat, "asked": 0.5, **changed}, shares, SWEEP)


def rows(key: str = "te") -> list[Ranked]:
    """Right at 0.95 always, at 0.75 three times of four: calibrated by construction."""
    sure = [Ranked("view", key, [("view", 0.95), ("pay", 0.05)])] * 10
    half = [Ranked(t, key, [("view", 0.75), ("pay", 0.25)]) for t in ("view",) * 3 + ("pay",)]
    return sure + half


@pytest.mark.parametrize("key", KEYS)
def test_dear_wrong_actions_make_questions(key: str) -> None:
    """At 0.75 a wrong action of 10 costs 2.5, a question 0.5; of 1 it costs 0.25."""
    dear = choose(rows(key), INTENTS, costs(wrong_action=10.0), CURRENT)
    cheap = choose(rows(key), INTENTS, costs(wrong_action=1.0), CURRENT)
    assert dear.best.thresholds.route == 0.8
    assert cheap.best.thresholds == CURRENT
    assert dear.best.counts == Counter({("service", "right"): 10, ("service", "asked"): 4})


def test_refusals_that_cost_much_lower_reject() -> None:
    """A service with 0.3 is asked about only where `reject` lets it."""
    faint = [Ranked("view", "hi", [("view", 0.3), ("pay", 0.02)])] * 5
    assert choose(faint, INTENTS, costs(refused=9.0), CURRENT).best.thresholds.reject == 0.2


def test_option_is_chosen_by_what_a_question_offers() -> None:
    """The right service has 0.06: offered from 0.05 on, missing from 0.08 on."""
    ranking = [("view", 0.45), ("bus", 0.4), ("income", 0.06)]
    asked = [Ranked("income", "en", ranking)] * 3
    found = choose(asked, INTENTS, costs(asked_without=2.0), CURRENT)
    assert found.best.thresholds.option == 0.05
    assert found.best.counts == Counter({("service", "asked"): 3})


def test_ties_keep_the_present_values() -> None:
    """Nothing is moved without a gain."""
    sure = [Ranked("view", "te", [("view", 1.0)])] * 3
    found = choose(sure, INTENTS, costs(), CURRENT)
    assert found.best.thresholds == CURRENT and found.best.cost == 0.0


def test_expected_cost_weighs_groups_by_their_share_in_life() -> None:
    """However many sentences were trained for each; a group without rows is left out."""
    counts = Counter({("service", "right"): 900, ("service", "refused"): 100})
    counts[("out_of_scope", "accepted")] = 1
    assert costs().expected(counts) == pytest.approx((80 * 0.1 + 10 * 1.0) / 90)


def test_document_tells_suggestion_present_and_sweep() -> None:
    """Cheapest first; counts per group."""
    found = document(choose(rows(), INTENTS, costs(wrong_action=10.0), CURRENT))
    assert (found["suggested"]["route"], found["current"]["route"]) == (0.8, 0.6)
    assert found["suggested"]["outcomes"]["service"] == {"asked": 4, "right": 10}
    in_order = [point["cost"] for point in found["sweep"]]
    assert in_order == sorted(in_order) and len(in_order) >= 15


def test_the_projects_own_files_are_complete() -> None:
    """Every outcome has a cost, and config.yml has thresholds that the sweep contains."""
    known = Costs.read(ROOT / "data" / "decision.yml")
    assert set(known.costs) == set(OUTCOMES) - {"right"}
    assert configured(ROOT / "config.yml").options >= 2
    assert known.costs["asked"] < known.costs["asked_without"]


@pytest.mark.parametrize(
    ("section", "change"),
    [("costs", {"bribe": 1}), ("shares", {"service": None}), ("sweep", {"routes": [0.5]})],
)
def test_incomplete_costs_are_told(tmp_path: Path, section: str, change: dict) -> None:
    """With the file and the name."""
    raw = load_yaml((ROOT / "data" / "decision.yml").read_text("utf-8"))
    for name, value in change.items():
        raw[section][name] = value
        if value is None:
            del raw[section][name]
    path = tmp_path / "decision.yml"
    path.write_text(yaml.safe_dump(raw), "utf-8")
    with pytest.raises(ValueError, match=rf"decision.yml:1: `{section}`.*{next(iter(change))}"):
        Costs.read(path)


@pytest.mark.parametrize("as_places", [False, True])
def test_development_is_read_as_it_was_saved(tmp_path: Path, as_places: bool) -> None:
    """Names or places in `labels`; the ranking is best first and at most ten long."""
    labels = tuple(f"service_{i:02}" for i in range(12))
    chances = np.full((2, 12), 0.02, np.float32)
    chances[0, 3], chances[1, 11] = 0.78, 0.78
    Development(labels, chances, ("service_03", "service_00"), ("te", "hi-Latn")).save(
        tmp_path / "development.npz"
    )
    if as_places:
        with np.load(tmp_path / "development.npz") as data:
            arrays = {**data, "truth": np.asarray([3, 0], np.int16)}
        np.savez(tmp_path / "development.npz", **arrays)
    first, second = Development.load(tmp_path / "development.npz").rows()
    assert (first.truth, first.key, first.ranking[0][0]) == ("service_03", "te", "service_03")
    assert (second.truth, second.ranking[0][0]) == ("service_00", "service_11")
    assert len(first.ranking) == 10 and first.ranking[0][1] == pytest.approx(0.78, abs=1e-3)
