"""`seva sentences`: which trained sentences to read again: doubtful, doubled, lacking."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nlu.catalogue import Catalogue, CatalogueError, load_catalogue
from nlu.catalogue.gaps import Gaps, gaps
from nlu.catalogue.rules.utterances import Said
from nlu.catalogue.yaml_source import did_you_mean
from nlu.classifier import views
from nlu.classifier.place_mentions import PlaceMentions
from nlu.encoder.provision import configured, encoder_folder
from nlu.fast_yaml import load_yaml
from nlu.paths import config_file, reading
from nlu.quality.doubts import Doubt, Twins, doubts, twins
from nlu.quality.left_out import left_out
from nlu.quality.progress import Tell, bar
from nlu.quality.sentences import said_in_training, shown
from nlu.quality.vectors import CountedEncoder, vectors

VIEWS = ("labels", "twins", "lacking")


@dataclass(frozen=True)
class Found:
    """What each view found; None where it was not asked for."""

    labels: Sequence[Doubt] | None = None
    twins: Sequence[Twins] | None = None
    lacking: Sequence[Gaps] | None = None


def sentences_command(
    data: Path, service: str | None, asked: Sequence[str], most: int, json_output: bool
) -> int:
    """`seva sentences [--service NAME] [--labels] [--twins] [--lacking] [--most N] [--json]`.

    Returns 0 if no sentence is doubtful or doubled, 1 if some is or the catalogue is broken, 2 for
    wrong usage."""
    try:
        catalogue = load_catalogue(data)
    except CatalogueError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 1
    known = {*catalogue.services, *catalogue.conversation}
    if service is not None and service not in known:
        print(f"no service `{service}`: {did_you_mean(service, sorted(known))}", file=sys.stderr)
        return 2
    try:
        with reading(data), bar() as tell:
            found = look(catalogue, service, asked or VIEWS, tell)
    except ImportError as error:
        print(f"{error}: `--labels` needs cleanlab; run `make setup`", file=sys.stderr)
        return 1
    if json_output:
        print(json.dumps(_as_json(found), ensure_ascii=False, indent=2))
    else:
        _print(found, most)
    return 1 if found.labels or found.twins else 0


def look(catalogue: Catalogue, service: str | None, asked: Sequence[str], tell: Tell) -> Found:
    """What the views `asked` find in a catalogue. Raises ImportError without cleanlab."""
    doubtful: list[Doubt] | None = None
    doubled: list[Twins] | None = None
    if "labels" in asked or "twins" in asked:
        said = said_in_training(catalogue)
        encoder = CountedEncoder(encoder_folder(configured(config_file())), tell)
        dense = vectors([one.utterance.text for one in said], encoder)
        if "labels" in asked:
            doubtful = _doubts(catalogue, said, dense, tell)
            doubtful = [one for one in doubtful if service in (None, one.said.intent, one.other)]
        if "twins" in asked:
            doubled = twins(catalogue, said, dense, service, tell)
    lacking = None
    if "lacking" in asked:
        every = [one for one in gaps(catalogue) if not one.none]
        lacking = [one for one in every if service in (None, one.service)]
    return Found(doubtful, doubled, lacking)


def _doubts(catalogue: Catalogue, said: Sequence[Said], dense: Any, tell: Tell) -> list[Doubt]:
    """With the views and the weight of the classifier in config.yml."""
    pipeline = load_yaml(config_file().read_text("utf-8"))["pipeline"]
    config = next(c for c in pipeline if c["name"].endswith(".ServiceClassifier"))
    texts, places = [one.utterance.text for one in said], PlaceMentions.of(catalogue)
    tell("Cutting n-grams", 0, 1)
    hashed = views.matrix(texts, config["views"], places)
    tell("Cutting n-grams", 1, 1)
    weighted = dense * float(config["dense_weight"])
    return doubts(said, left_out(weighted, hashed, [one.intent for one in said], tell))


def _as_json(found: Found) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if found.labels is not None:
        told["labels"] = [
            {
                **_said(one.said),
                "probability": round(one.own, 4),
                "other": one.other,
                "other_probability": round(one.likelier, 4),
            }
            for one in found.labels
        ]
    if found.twins is not None:
        told["twins"] = [
            {
                "one": _said(pair.one),
                "two": _said(pair.two),
                "cosine": round(pair.cosine, 4),
                "letters": round(pair.ratio, 1),
            }
            for pair in found.twins
        ]
    if found.lacking is not None:
        told["lacking"] = [asdict(one) for one in found.lacking]
    return told


def _said(said: Said) -> dict[str, Any]:
    return {
        "intent": said.intent,
        "key": said.key,
        "text": said.utterance.text,
        "file": str(said.file),
        "line": said.utterance.line,
    }


def _print(found: Found, most: int) -> None:
    if found.labels is not None:
        print(f"{len(found.labels)} sentences that may belong to another intent:")
        for one in found.labels[:most]:
            print(f"{_at(one.said)}: {one.said.utterance.text}")
            print(f"    {one.said.intent} {one.own:.2f}, {one.other} {one.likelier:.2f}")
        _more(len(found.labels), most)
    if found.twins is not None:
        print(f"{len(found.twins)} pairs of sentences that two intents share:")
        for pair in found.twins[:most]:
            print(f"{_at(pair.one)}: {pair.one.utterance.text}  ({pair.one.intent})")
            print(f"    {_at(pair.two)}: {pair.two.utterance.text}  ({pair.two.intent})")
        _more(len(found.twins), most)
    if found.lacking is not None:
        print(f"{len(found.lacking)} services lack something (`seva check --coverage` says all):")
        for gap in found.lacking[:most]:
            kinds = "; ".join(f"{name} ({', '.join(keys)})" for name, keys in gap.kinds.items())
            parts = {"kinds": kinds, "facts": ", ".join(gap.facts), "noisy": ", ".join(gap.noisy)}
            told = "; ".join(f"{name}: {value}" for name, value in parts.items() if value)
            print(f"{gap.service}: {told}")
        _more(len(found.lacking), most)


def _at(said: Said) -> str:
    return shown(said.file.absolute(), said.utterance.line)


def _more(count: int, most: int) -> None:
    if count > most:
        print(f"... and {count - most} more: `--most {count}` shows all, `--json` too")
