"""`seva review choose`: of many messages, those that are worth a label next.

The live model reads them all; those that it doubts, and that are not alike, are chosen
(`nlu.quality.selection`). They come from a file that nobody has labelled, or from the cards that
are open. Numbers are masked as they are in the review.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from api.inbox.commands import is_there
from api.review import label_studio
from api.review.item import Item, item_of
from api.review.lines import LinesError, dump
from api.review.open import open_review
from api.review.rules import Rules, load_rules
from api.review.state import OPEN
from api.review.unlabelled import Unlabelled, read_unlabelled
from nlu.archive import ReleaseRefused
from nlu.catalogue import Catalogue, load_catalogue
from nlu.catalogue.errors import CatalogueError
from nlu.catalogue.rules.utterances import bare
from nlu.paths import data_folder, models_folder
from nlu.quality.progress import Tell, bar
from nlu.quality.selection import doubt, most_worth
from nlu.registry import Release, digest, live_release
from nlu.settings.groups import State
from nlu.storage.database import DatabaseAway
from nlu.training.labelled import Known
from nlu.turn import Understanding

_READING = "Understanding messages"
_BATCH = 64
Understand = Callable[[Sequence[str]], list[dict[str, Any]]]
"""The answers of `/parse` to some texts, in their order."""


@dataclass(frozen=True)
class Candidate:
    """A message that may be chosen; `card` is the number of its card, 0 of one from a file, and
    `messages` how many it stands for."""

    text: str
    key: str = ""
    messages: int = 1
    card: int = 0


@dataclass(frozen=True)
class Chosen:
    """A message worth a label, with what the model makes of it and how much it doubts that."""

    candidate: Candidate
    item: Item
    doubt: float


@dataclass(frozen=True)
class Reader:
    """What reads messages: the live model, and the encoder that tells how much they are alike."""

    model: str
    understand: Understand
    vectors: Callable[[Sequence[str], Tell], np.ndarray]


def choose_command(
    file: Path | None,
    most: int,
    language: str,
    out: Path | None,
    form: str,
    reader: Callable[[Release], Reader] | None = None,
) -> int:
    """Writes the messages of `file`, or of the open cards, that are worth a label next. `reader`
    opens what reads them."""
    try:
        release = live_release(models_folder())
        release.check_words()
        catalogue = load_catalogue(release.data)
        if file is not None:
            found = _once(read_unlabelled(file, catalogue))
        elif (open_cards := _of_cards(language, State.read())) is not None:
            found = open_cards
        else:
            return 1
        fresh, learned = _fresh(found, catalogue)
        with bar() as tell:
            chosen = choose(fresh, most, language, (reader or live_reader)(release), tell)
        with out.open("w", encoding="utf-8") if out else nullcontext(sys.stdout) as stream:
            write(chosen, stream, form)
    except (LinesError, CatalogueError, OSError, ReleaseRefused) as error:
        print(error, file=sys.stderr)
        return 1
    told = f"chosen: {len(chosen)} of {len(fresh)}; left out, as they are learned: {learned}"
    print(told, file=sys.stderr)
    return 0


def choose(
    candidates: Sequence[Candidate], most: int, language: str, reader: Reader, tell: Tell
) -> list[Chosen]:
    """Those worth a label, the most doubtful first; with `language`, of that key alone."""
    rules, items = load_rules(), []
    for start in range(0, len(candidates), _BATCH):
        some = candidates[start : start + _BATCH]
        answers = reader.understand([one.text for one in some])
        items += [_item(*pair, reader.model, rules) for pair in zip(some, answers)]
        tell(_READING, min(start + _BATCH, len(candidates)), len(candidates))
    pairs = [p for p in zip(candidates, items) if language in ("", p[1].key)]
    if not pairs:
        return []
    chances = np.array([_two(item) for _, item in pairs])
    doubts = doubt(chances)
    vectors = reader.vectors([one.text for one, _ in pairs], tell)
    found = sorted(map(int, most_worth(vectors, chances, most)), key=lambda at: -doubts[at])
    return [Chosen(pairs[at][0], pairs[at][1], float(doubts[at])) for at in found]


def write(chosen: Sequence[Chosen], out: TextIO, form: str) -> None:
    """Lines whose `service` is to be filled in, or tasks of Label Studio."""
    if form == "jsonl":
        out.writelines(dump(_row(one)) + "\n" for one in chosen)
        return
    tasks = [
        label_studio.task_of(
            one.item,
            {"messages": one.candidate.messages, "doubt": round(one.doubt, 3)},
            one.candidate.card or number,
        )
        for number, one in enumerate(chosen, 1)
    ]
    json.dump(tasks, out, ensure_ascii=False, indent=1)
    out.write("\n")


def live_reader(release: Release) -> Reader:
    """The model of a release with its words. Raises FileNotFoundError, ReleaseRefused."""
    import asyncio

    from nlu.encoder.provision import configured, encoder_folder
    from nlu.paths import config_file
    from nlu.quality.vectors import CountedEncoder, vectors
    from nlu.training.evaluate import start_rasa

    release.check()
    start_rasa()
    from nlu.engine.rasa_engine import Engine

    loop = asyncio.new_event_loop()
    engine = loop.run_until_complete(Engine.load(release.model, data_dir=release.data))
    folder = encoder_folder(configured(config_file()))
    return Reader(
        engine.model_id,
        lambda texts: loop.run_until_complete(engine.parse_many(texts)),
        lambda texts, tell: vectors(texts, CountedEncoder(folder, tell)),
    )


def _once(messages: Sequence[Unlabelled]) -> list[Candidate]:
    """The same words once, with how often they stand there."""
    found: dict[str, Candidate] = {}
    for one in messages:
        name = bare(one.text) or one.text
        before = found.get(name)
        found[name] = (
            replace(before, messages=before.messages + 1)
            if before
            else Candidate(one.text, one.key)
        )
    return list(found.values())


def _of_cards(language: str, settings: State) -> list[Candidate] | None:
    """The cards that are open; None where there is no review, which was told."""
    from api.review.commands import cards

    if not is_there(settings):
        return None
    try:
        review = open_review(settings)
    except (DatabaseAway, ValueError) as error:
        print(error, file=sys.stderr)
        return None
    with closing(review):
        review.filer.work()
        return [
            Candidate(card.item.text, card.language, card.count, card.number)
            for card in cards(review, OPEN, None, language)
        ]


def _fresh(candidates: Sequence[Candidate], live: Catalogue) -> tuple[list[Candidate], int]:
    """Those that no sentence says already, neither of the live model nor of the data folder, and
    how many others there are."""
    working, copy = data_folder().absolute(), live.root
    same = copy == working or digest(copy) == digest(working)  # to read one takes seconds
    catalogues = [live] if same else [live, load_catalogue(working)]
    known = Known.of(catalogues).trained
    fresh = [one for one in candidates if bare(one.text) not in known]
    return fresh, len(candidates) - len(fresh)


def _item(one: Candidate, answer: dict[str, Any], model: str, rules: Rules) -> Item:
    ranking = answer.get("intent_ranking") or []
    told = Understanding(
        one.text,
        answer["decision"]["kind"],
        one.key or answer["language"]["key"],
        tuple((row["name"], float(row["confidence"])) for row in ranking[:5]),
        tuple((e["start"], e["end"], e["entity"]) for e in answer.get("entities") or []),
        model,
    )
    return item_of(told, rules)


def _two(item: Item) -> tuple[float, float]:
    """The two likeliest, from which the doubt is told; a message without any is wholly doubtful."""
    first, second = [*(p for _, p in item.ranking), 0.0, 0.0][:2]
    return first, second


def _row(one: Chosen) -> dict[str, object]:
    item = one.item
    slots = {slot: item.text[start:end] for start, end, slot in item.marks}
    row: dict[str, object] = {"text": item.text, "key": item.key, "service": "", "slots": {}}
    guess = item.ranking[0][0] if item.ranking else ""
    row |= {"guess": {"service": guess, "slots": slots}, "doubt": round(one.doubt, 3)}
    row["messages"] = one.candidate.messages
    return {**row, "card": one.candidate.card} if one.candidate.card else row
