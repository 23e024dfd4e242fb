"""The check of one edited file says what the whole check says."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlu.catalogue.loader import load_catalogue
from nlu.changes.check import Base, check_edited, check_whole
from nlu.changes.edits import AddSentence, ChangeWords, Edit, RemoveSentence, edited
from tests.catalogue.sample import PAY, VIEW, write_sample
from tests.processes import ROOT

GREET = "conversation/greet.yml"
TEXTS = (
    *("కొత్త వాక్యం ఇది", "బిల్లు ఎంత", "ఈ నెల ఎంత వచ్చింది", "బిల్లు, ఇప్పుడే pay చేస్తాను!", "నమస్తే"),
    *("बिल दिखाओ", "यह नया वाक्य है", "प्रणाम", "बकाया चुकाना है", "hello", "Good morning!!"),
    *(
        "pay the bill for 123456 now",
        "I will pay now",
        "a new sentence",
        "bill entha",
        "TODO write",
    ),
    *(
        "call 9848022338 please",
        "“quoted” words",
        "[1](meter_number) x",
        "[1](no_slot) y",
        "[x y",
        "!!",
    ),
    *("show bill", "🙏", "bill dikhao [123456](meter_number)", "settle my dues", "not this one"),
)
WORDS = (
    *("{amount}", "The {amount} of {order_id}", "{nobody}", "a } brace", "x" * 30, "y" * 1100),
    *("See bill", "Pay bill", "బిల్లు కట్టండి", "దొరకలేదు"),
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """The sample, with a limit of contrasts and words that change nothing."""
    root = write_sample(tmp_path_factory.mktemp("sample") / "data")
    with (root / "check.yml").open("a", encoding="utf-8") as limits:
        limits.write("empty_words: [please, now]\n")
        limits.write('contrast: {most: 20, fewest: 1, patterns: {en: "^not "}}\n')
    load_catalogue(root)
    return Base.read(root)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_it_says_the_same_as_the_whole_check(base: Base, data: st.DataObject) -> None:
    """For any edits of one file after any edits of another, of sentences and of words."""
    files = data.draw(st.lists(st.sampled_from([VIEW, PAY, GREET]), min_size=1, max_size=2))
    root = base.catalogue.root
    now, whole = base, base.catalogue.root.parent / "staged"
    shutil.rmtree(whole, ignore_errors=True)
    staged = whole / "data"
    shutil.copytree(root, staged)
    known: set[str] = set()
    for number, name in enumerate(files):
        content = edited((staged / name).read_bytes(), _edits(data, name))
        (staged / name).write_bytes(content)
        if number < len(files) - 1:
            now = now.with_file(name, content)
            known = {str(problem) for problem in check_whole(staged)}
    found = {str(problem) for problem in check_edited(now, files[-1], content)}
    expected = {str(problem) for problem in check_whole(staged)}
    if not known:  # else the other file is to blame for some
        assert found == expected
    else:
        assert expected - known <= found


def _edits(data: st.DataObject, name: str) -> list[Edit]:
    part = st.sampled_from(["utterances", "holdout"])
    key = st.sampled_from(["te", "te-Latn", "hi", "hi-Latn", "en", "mix"])
    add = st.builds(AddSentence, part, key, st.sampled_from(TEXTS))
    some: list[Edit] = data.draw(st.lists(add, min_size=1, max_size=2))
    catalogue = {VIEW: "bill_view", PAY: "bill_payment"}
    if name in catalogue and data.draw(st.booleans()):
        was = {
            VIEW: {"title": "See the bill", "menu": "See bill", "ok": "The bill is {amount}"},
            PAY: {"title": "Pay the bill", "menu": "Pay bill", "ok": "Order {order_id}"},
        }[name]
        field = data.draw(st.sampled_from(sorted(was)))
        path = ("replies", "ok") if field == "ok" else (field,)
        some = [ChangeWords(path, "en", was[field], data.draw(st.sampled_from(WORDS)))]
    elif data.draw(st.booleans()) and name == VIEW:
        some.append(RemoveSentence("utterances", "en", 1, "show bill"))
    return some


def test_a_file_that_cannot_be_read_says_where(base: Base) -> None:
    """With the line, as the terminal does."""
    content = (base.catalogue.root / VIEW).read_bytes().replace(b"kind: info", b"kind: oops")
    told = [str(problem) for problem in check_edited(base, VIEW, content)]
    assert f"data/{VIEW}:4: `oops` is unknown in kind" in told[0]
    assert str(check_edited(base, VIEW, b"a: [")[0]).startswith(f"data/{VIEW}:")


@pytest.mark.slow
def test_of_the_whole_catalogue_it_says_the_same_too() -> None:
    """Sentences of others, a menu title of another, too few, the script: on the real data."""
    root = (ROOT / "data").absolute()
    base = Base.read(root)
    name = "services/energy/electricity_bill_view.yml"
    content = (root / name).read_bytes()
    menu = base.catalogue.services["electricity_bill_view"].menu["en"]
    other = base.catalogue.services["electricity_bill_payment"]
    edits = [
        AddSentence("utterances", "en", other.utterances["en"][0].text),
        AddSentence("utterances", "te", "all in English"),
        AddSentence("holdout", "en", "today's gold price"),
        AddSentence("utterances", "en", "call me on 9848022338"),
        ChangeWords(("menu",), "en", menu, other.menu["en"]),
    ]
    after = edited(content, edits)
    began = time.process_time()
    found = check_edited(base, name, after)
    print(f"{time.process_time() - began:.2f} s for one file")
    staged = Path(str(_staged(root, name, after)))
    assert len(found) > 3
    assert [str(p) for p in found] == [str(p) for p in check_whole(staged)]
    shutil.rmtree(staged.parent)
    assert check_edited(base, name, content) == ()


def _staged(root: Path, name: str, content: bytes) -> Path:
    import os
    import tempfile

    folder = Path(tempfile.mkdtemp()) / "data"
    shutil.copytree(root, folder, copy_function=os.symlink)
    (folder / name).unlink()
    (folder / name).write_bytes(content)
    return folder
