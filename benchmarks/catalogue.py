"""`seva benchmark catalogue`: the hold-out of the live model beside a peer trained in the same run.

The peer is the usual strong baseline, TF-IDF of words and of characters within words, under a
logistic regression, learned from exactly the same utterances. Its decisions are made by the same
rules and thresholds. It finds no values, so it has no slot scores.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from nlu.catalogue import Catalogue, load_catalogue
from nlu.classifier.decision import Thresholds, decide, outside_in
from nlu.training.evaluate import evaluated, holdout
from nlu.training.metrics import Labelled, score
from nlu.training.outcome import Intents

COLUMNS = ("top1", "top3", "route_rate", "route_precision", "clarify_rate", "clarify_hit", "ece")
RANKED = 10  # intents in a ranking, as the model gives it


def utterances(catalogue: Catalogue) -> tuple[list[str], list[str]]:
    """Every trained utterance, and its intent."""
    intents: dict[str, Any] = {**catalogue.services, **catalogue.conversation}
    pairs = [
        (utterance.text, name)
        for name, intent in intents.items()
        for rows in intent.utterances.values()
        for utterance in rows
    ]
    return [text for text, _ in pairs], [name for _, name in pairs]


def peer_answers(
    peer: Any, rows: Sequence[Labelled], catalogue: Catalogue, thresholds: Thresholds
) -> list[dict[str, Any]]:
    """What the peer makes of each row, in the form of `Engine.parse`.

    `peer` has `labels` and `predict_proba(texts)` -> (texts, labels).
    """
    intents = Intents.of(catalogue)
    chances = peer.predict_proba([row.text for row in rows])
    found = []
    for row in chances:
        best = sorted(zip(peer.labels, map(float, row)), key=lambda pair: -pair[1])[:RANKED]
        folded = outside_in(best, intents.elsewhere)
        made = decide(folded, intents.conversation, intents.neighbours, thresholds)
        ranking = [{"name": name, "confidence": chance} for name, chance in best]
        options = [{"service": name} for name in made.options]
        found.append(
            {
                "intent": ranking[0],
                "intent_ranking": ranking,
                "entities": [],
                "decision": {"kind": made.kind, "options": options},
            }
        )
    return found


def run() -> dict[str, Any]:
    """The document that `--json` prints. Raises FileNotFoundError when no model is live."""
    from benchmarks.tfidf import TfidfPeer
    from nlu.components.project import catalogue_folder
    from nlu.paths import config_file, models_folder
    from nlu.registry import live_id
    from nlu.training.thresholds import configured

    facts = machine()
    folder = catalogue_folder("data")
    catalogue = load_catalogue(folder)
    rows = holdout(catalogue)
    model = live_id(models_folder())
    if model is None:
        raise FileNotFoundError("no live model; run `seva train`, then `seva promote ID`")
    ours = asyncio.run(_live(models_folder() / model, folder, rows, catalogue))

    print("Training the peer", file=sys.stderr)
    texts, labels = utterances(catalogue)
    began = time.process_time()
    peer = TfidfPeer.fit(texts, labels, probabilities=True)
    spent = round(time.process_time() - began, 1)
    answers = peer_answers(peer, rows, catalogue, configured(config_file()))
    theirs = score(
        rows,
        answers,
        conversation=frozenset(catalogue.conversation),
        services=frozenset(catalogue.services),
    )
    return {
        "seva": ours,
        "peer": {"model": "tf-idf + logistic regression", "train_cpu_seconds": spent, **theirs},
        "utterances": len(texts),
        "machine": facts,
    }


async def _live(
    entry: Path, folder: Path, rows: Sequence[Labelled], catalogue: Catalogue
) -> dict[str, Any]:
    from nlu.engine.rasa_engine import Engine

    engine = await Engine.load(entry, data_dir=folder)
    document, _ = await evaluated(engine, rows, catalogue)
    return document


def lines(document: Mapping[str, Any]) -> list[str]:
    """The document as a table: ours and the peer's row of each key, then what is counted once."""
    shown = [f"{'':9}{'':6}{'rows':>6}" + "".join(f"{name:>17}" for name in COLUMNS)]
    for key in document["seva"]["by_key"]:
        for who in ("seva", "peer"):
            row = document[who]["by_key"][key]
            cells = "".join(f"{row[name]:>17.3f}" for name in COLUMNS)
            shown.append(f"{key if who == 'seva' else '':9}{who:6}{row['rows']:>6}{cells}")
    for who in ("seva", "peer"):
        found = document[who]
        outside = found["out_of_scope"]
        shown.append(
            f"{who}: out of scope refused {outside['recall']:.3f}, acted on "
            f"{outside['false_accept']:.3f}; in-scope refused {outside['in_scope_rejected']:.3f}; "
            f"calibration error {found['ece']:.3f}"
        )
    slots = document["seva"]["slots"]
    return [*shown, f"seva: slots F1 {slots['f1']:.3f} over {slots['rows']} values"]


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark catalogue`."""
    parser = argparse.ArgumentParser(prog="seva benchmark catalogue", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args(list(argv))
    try:
        document = run()
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    if given.json:
        print(json.dumps(document, ensure_ascii=False, indent=2))
        return 0
    facts = document["machine"]
    print(f"{facts['cpu']}, {facts['cores']} cores; {document['utterances']} utterances trained")
    print("\n".join(lines(document)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
