from __future__ import annotations

import subprocess
import sys
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.augment import KINDS, Augmented, Augmenter
from nlu.augment.augmenter import load_tables
from nlu.catalogue import Catalogue
from nlu.catalogue.model import Utterance
from nlu.text.script import shares
from tests.augment.conftest import DATA, KEYS

Rows = dict[str, list[tuple[str, Utterance]]]
# Kinds whose copies have the marks of the utterance.
KEEPING = tuple(kind for kind in KINDS if kind not in ("heard", "misheard"))
CHAINS = (*KEEPING, "romanised+spelling", "values+numbers+typing", "values+speech")


class Spelled:
    """A romaniser that spells every word the same way."""

    def sample(self, text: str, random: Random) -> str:
        return "pada"


def marked(copy: Augmented | Utterance) -> list[tuple[str, str | None]]:
    return [(mark.slot, mark.role) for mark in copy.marks]


@settings(max_examples=200, deadline=None)
@given(
    key=st.sampled_from([*KEYS, "mix"]),
    chain=st.sampled_from(CHAINS),
    at=st.integers(0, 10**6),
    seed=st.integers(0, 10**6),
)
def test_copies_keep_every_mark_exact(
    catalogue: Catalogue, utterances: Rows, key: str, chain: str, at: int, seed: int
) -> None:
    name, utterance = utterances[key][at % len(utterances[key])]
    for copy in Augmenter(catalogue, {}, {chain: 3}, seed).copies(utterance, key, name):
        assert marked(copy) == marked(utterance)
        assert copy.kind == chain
        assert copy.text == copy.text.strip() != utterance.text
        ends = 0
        for mark in copy.marks:
            surface = copy.text[mark.start : mark.end]
            assert ends <= mark.start < mark.end <= len(copy.text)
            assert surface == surface.strip() != ""
            ends = mark.end


@pytest.mark.parametrize("key", KEYS)
def test_unmarked_kinds_leave_codes_alone(catalogue: Catalogue, utterances: Rows, key: str) -> None:
    numbers = [
        (name, row)
        for name, row in utterances[key]
        if any(mark.slot == "service_number" for mark in row.marks)
    ]
    assert numbers
    augmenter = Augmenter(catalogue, {}, {"spelling": 1, "typing": 1, "speech": 1, "romanised": 1})
    for name, row in numbers:
        for copy in augmenter.copies(row, key, name):
            mark = next(m for m in copy.marks if m.slot == "service_number")
            original = next(m for m in row.marks if m.slot == "service_number")
            assert copy.text[mark.start : mark.end] == row.text[original.start : original.end]


@pytest.mark.parametrize("key", KEYS)
def test_copies_are_the_same_every_time_and_another_draw_differs(
    catalogue: Catalogue, utterances: Rows, key: str
) -> None:
    plan = {"typing": 1.0, "values": 0.5}
    first, second = Augmenter(catalogue, {}, plan), Augmenter(catalogue, {}, plan)
    rows = utterances[key][:60]
    texts = [[c.text for c in first.copies(row, key, name)] for name, row in rows]
    again = [[c.text for c in second.copies(row, key, name)] for name, row in reversed(rows)]
    other = [[c.text for c in first.copies(row, key, name, draw=1)] for name, row in rows]
    assert texts == again[::-1]
    assert texts != other


def test_copies_do_not_depend_on_the_process() -> None:
    script = (
        "from pathlib import Path; from nlu.catalogue import load_catalogue;"
        "from nlu.augment import Augmenter; c = load_catalogue(Path('data'));"
        "a = Augmenter(c, {}, {'typing': 1});"
        "s = next(iter(c.services.values()));"
        "print([x.text for u in s.utterances['en'] for x in a.copies(u, 'en', s.name)])"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            cwd=DATA.parent,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


@pytest.mark.parametrize("key", KEYS)
def test_kinds_are_only_for_their_keys(catalogue: Catalogue, utterances: Rows, key: str) -> None:
    allowed = load_tables(DATA)["keys"]
    for kind in KINDS:
        augmenter = Augmenter(catalogue, {}, {kind: 1})
        some = utterances[key][::9]  # of every service
        made = [c for name, row in some for c in augmenter.copies(row, key, name)]
        assert bool(made) == (key in allowed[kind])


@pytest.mark.parametrize("key", ["te", "hi"])
def test_romanised_copies_are_in_latin_letters(
    catalogue: Catalogue, utterances: Rows, key: str
) -> None:
    augmenter = Augmenter(catalogue, {}, {"romanised": 1})
    copies = [c for name, row in utterances[key][::9] for c in augmenter.copies(row, key, name)]
    assert copies
    for copy in copies:
        assert shares(copy.text)["Latn"] == 1.0


@pytest.mark.parametrize(("key", "language"), [("te", "te"), ("hi", "hi")])
def test_a_romaniser_spells_its_own_language_only(
    catalogue: Catalogue, utterances: Rows, key: str, language: str
) -> None:
    spelled = Augmenter(catalogue, {language: Spelled()}, {"romanised": 1})
    other = "hi" if language == "te" else "te"
    name, row = utterances[key][0]
    assert set(spelled.copies(row, key, name)[0].text.split()) == {"pada"}
    name, row = utterances[other][0]
    assert "pada" not in spelled.copies(row, other, name)[0].text.split()


@pytest.mark.parametrize("key", KEYS)
def test_sample_draws_by_the_chances_of_the_plan(
    catalogue: Catalogue, utterances: Rows, key: str
) -> None:
    augmenter = Augmenter(catalogue, {}, {"typing": 0.3, "values": 0.2})
    name, row = next((n, u) for n, u in utterances[key] if u.marks and len(u.text) > 30)
    drawn = [augmenter.sample(row, key, name, draw) for draw in range(400)]
    kinds = [copy.kind for copy in drawn]
    assert 80 < kinds.count("typing") < 160
    assert 140 < kinds.count("") < 280
    assert all(copy.text == row.text for copy in drawn if not copy.kind)
    assert drawn == [augmenter.sample(row, key, name, draw) for draw in range(400)]


def test_an_unknown_kind_is_told(catalogue: Catalogue) -> None:
    with pytest.raises(ValueError, match="misspelled; there are romanised"):
        Augmenter(catalogue, {}, {"typing+misspelled": 1})
