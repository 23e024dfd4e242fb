"""Predictions made by hand, one way of being wrong each, in all five keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nlu.catalogue import shared_catalogue
from nlu.classifier.decision import Thresholds
from nlu.training.metrics import Labelled, score
from nlu.training.report.message import Prediction
from nlu.training.report.page import render

CATALOGUE = shared_catalogue(Path(__file__).resolve().parents[3] / "data")
THRESHOLDS = Thresholds(route=0.6, reject=0.35, option=0.08, options=3, refuse=0.5)
FACTS = {"model": "20261125-000000-abcdef01", "source": "gold.jsonl"}
VIEW, PAY, BUS = "electricity_bill_view", "electricity_bill_payment", "rtc_ticket_booking"
WORDS = {
    "te": "నా కరెంటు బిల్లు ఎంత?",
    "te-Latn": "naa current bill entha?",
    "hi": "मेरा बिजली का बिल कितना है?",
    "hi-Latn": "mera bijli ka bill kitna hai?",
    "en": "How much is my power bill?",
}


def prediction(
    text: str,
    key: str,
    service: str,
    ranking: list[tuple[str, float]],
    kind: str = "route",
    options: tuple[str, ...] | None = None,
    slots: dict[str, str] | None = None,
    found: dict[str, str] | None = None,
) -> Prediction:
    """A labelled message and an answer as `Engine.parse` gives it; a route opens the first."""
    if options is None:
        options = (ranking[0][0],) if kind == "route" else ()
    ranked = [{"name": name, "confidence": confidence} for name, confidence in ranking]
    answer: dict[str, Any] = {
        "intent": ranked[0],
        "intent_ranking": ranked,
        "decision": {"kind": kind, "options": [{"service": name} for name in options]},
        "entities": [{"entity": n, "raw": raw, "value": raw} for n, raw in (found or {}).items()],
    }
    return Labelled(text, key, service, slots), answer


def right(key: str) -> Prediction:
    """The words of a key, understood."""
    return prediction(WORDS[key], key, VIEW, [(VIEW, 0.95), (PAY, 0.03)])


def wrong(key: str) -> Prediction:
    """The same words, taken for another service."""
    return prediction(WORDS[key], key, VIEW, [(PAY, 0.7), (VIEW, 0.2)])


def page(predictions: list[Prediction], **facts: Any) -> str:
    """The page of these predictions."""
    metrics = score(
        [row for row, _ in predictions],
        [answer for _, answer in predictions],
        conversation=frozenset(CATALOGUE.conversation),
        services=frozenset(CATALOGUE.services),
    )
    return render(
        metrics, predictions, {**FACTS, **facts}, catalogue=CATALOGUE, thresholds=THRESHOLDS
    )
