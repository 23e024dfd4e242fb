"""Labelled files, the catalogue's own hold-out, and the whole evaluation on a fake engine."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nlu.catalogue import shared_catalogue
from nlu.catalogue.model import Utterance
from nlu.registry import Manifest
from nlu.training.evaluate import (
    HOLDOUT,
    NOISY,
    Read,
    answers,
    evaluated,
    evaluated_holdouts,
    holdout,
    write_page,
)
from nlu.training.metrics import Labelled

DATA = Path(__file__).resolve().parents[2] / "data"


def test_holdout_is_never_trained() -> None:
    """The catalogue's own hold-out: all services, out of scope, and nothing from training."""
    catalogue = shared_catalogue(DATA)
    rows = holdout(catalogue)
    assert {r.service for r in rows} == {*catalogue.services, "out_of_scope"}
    intents = [*catalogue.services.values(), *catalogue.conversation.values()]
    trained = {u.text for i in intents for us in i.utterances.values() for u in us}
    assert {r.text for r in rows} & trained == set()
    for key in catalogue.languages.keys:
        per_service = [r.service for r in rows if r.key == key]
        assert min(per_service.count(name) for name in catalogue.services) >= 3
    marked = [r for r in rows if r.slots]
    assert marked
    assert all(surface in r.text for r in marked for surface in (r.slots or {}).values())


class PerfectEngine:
    """Answers each text with what it was told, and counts the passes."""

    model_id = "perfect"

    def __init__(self, meant: dict[str, str]) -> None:
        self._meant = meant
        self.passes: list[int] = []

    async def parse_many(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """One pass."""
        self.passes.append(len(texts))
        return [await self.parse(text) for text in texts]

    async def parse(self, text: str) -> dict[str, Any]:
        """One message."""
        name = self._meant[text]
        outside = name == "out_of_scope"
        return {
            "intent": {"name": name, "confidence": 1.0},
            "intent_ranking": [{"name": name, "confidence": 1.0}],
            "decision": {
                "kind": "out_of_scope" if outside else "route",
                "options": [] if outside else [{"service": name}],
            },
            "entities": [],
        }


async def test_evaluation_of_a_perfect_engine() -> None:
    """Every key at one, in batches, with the speed of a message alone."""
    catalogue = shared_catalogue(DATA)
    rows = holdout(catalogue)
    engine = PerfectEngine({row.text: row.service for row in rows})
    found, _ = await evaluated(engine, rows, catalogue)
    assert found["model"] == "perfect"
    assert {row["top1"] for row in found["by_key"].values()} == {1.0}
    assert found["out_of_scope"]["recall"] == 1.0
    assert found["out_of_scope"]["in_scope_rejected"] == 0.0
    assert found["ece"] == 0.0 and found["unknown_services"] == []
    assert found["ms_per_message_p50"] >= 0
    assert sum(engine.passes) == len(rows) and max(engine.passes) > 1


def test_messages_as_they_are_are_scored_apart() -> None:
    catalogue = shared_catalogue(DATA)
    noisy = Utterance("sir pls 🙏 current bill", (), 1)
    service = replace(catalogue.services["electricity_bill_view"], holdout_noisy={"en": (noisy,)})
    catalogue = replace(catalogue, services={**catalogue.services, service.name: service})
    meant = {row.text: row.service for part in (HOLDOUT, NOISY) for row in holdout(catalogue, part)}
    engine = PerfectEngine(meant)

    def read(parts: list[list[Labelled]]) -> list[Read]:
        return [asyncio.run(answers(engine, rows)) for rows in parts]

    scored, answered = evaluated_holdouts(read, catalogue)
    assert noisy.text not in {row.text for row, _ in answered}
    assert scored["noisy"]["by_key"]["en"]["rows"] >= 1
    assert scored["noisy"]["by_key"]["en"]["top1"] == 1.0


async def test_page_tells_the_model_and_what_was_scored(tmp_path: Path) -> None:
    """From the manifest; the scores are those of `--json`."""
    catalogue = shared_catalogue(DATA)
    rows = [row for row in holdout(catalogue) if row.service == "electricity_bill_view"]
    engine = PerfectEngine({row.text: row.service for row in rows})
    metrics, found = await evaluated(engine, rows, catalogue)
    manifest = Manifest(
        id="20261125-000000-abcdef01",
        created="2026-11-25T00:00:00+00:00",
        profile="fast",
        inputs="",
        data_hash="",
        config_hash="",
        lock_hash="",
        encoder="",
        archive_sha256="",
        archive_bytes=7_000_000,
        services=21,
        utterances=5945,
        train_seconds=49.2,
        peak_memory_mb=900.0,
    )
    path = tmp_path / "report.html"
    write_page(path, metrics, list(zip(rows, found)), manifest, "gold.jsonl", catalogue)
    page = path.read_text("utf-8")
    assert "<h1>20261125-000000-abcdef01</h1>" in page
    assert f"gold.jsonl, {len(rows)} messages" in page
    assert "2026-11-25 00:00 UTC, profile fast, 49 s" in page
    assert "21 services, from 5945 sentences" in page
