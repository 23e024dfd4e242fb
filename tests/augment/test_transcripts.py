"""What a speech model writes: imitated, kept as data, and guessed from what was kept."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest
from rapidfuzz.distance import Levenshtein
from typer.testing import CliRunner

from nlu.augment import Augmenter
from nlu.augment.augmenter import _learned_from, load_tables
from nlu.augment.segments import Segment, Writing
from nlu.augment.transcripts import (
    FOLDER,
    Heard,
    HeardUtterance,
    Misheard,
    Transcript,
    read_all_heard,
    read_heard,
    write_heard,
)
from nlu.catalogue import Catalogue
from nlu.catalogue.errors import CatalogueError
from nlu.catalogue.model import Mark, Utterance
from nlu.cli import app
from nlu.text import fold
from nlu.text.phonetic import sound_classes
from nlu.text.script import shares
from tests.augment.conftest import DATA, texts

TABLES = load_tables(DATA)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("te", "విజయవాడ నుంచి హైదరాబాద్ కి బస్సు టికెట్ బుక్ చేయాలి"),
        ("te-Latn", "vijayawada nunchi hyderabad ki bus ticket book cheyali"),
        ("hi", "मुझे आय प्रमाण पत्र चाहिए, आवेदन कैसे करूँ?"),
        ("hi-Latn", "mujhe aay praman patra chahiye, aavedan kaise karu?"),
    ],
)
def test_a_transcript_is_latin_without_marks_of_writing_and_sounds_alike(
    key: str, text: str
) -> None:
    heard = texts(Transcript(TABLES["speech"]), text, key, 100)
    assert len(heard) > 90
    sound = fold(text).replace(" ", "")
    for one in heard:
        assert shares(one)["Latn"] == 1.0 and "?" not in one
        assert _edits(fold(one).replace(" ", ""), sound) < 0.5 * len(sound)


def _edits(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    HeardUtterance(
        "electricity_bill_view", "te", "a voice", "whisper", "నా కరెంటు బిల్లు", "Na karam to billu"
    ),
    HeardUtterance("greet", "hi", "a voice", "whisper", "नमस्ते", ""),
]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """The same rows are the same file, in any order and whatever spaces are in them."""
    file = tmp_path / "a.tsv"
    write_heard(file, ROWS)
    first = file.read_bytes()
    assert sorted(read_heard(file), key=str) == sorted(ROWS, key=str)
    untidy = HeardUtterance(*(f" {cell}\t" if cell else cell for cell in vars(ROWS[0]).values()))
    write_heard(file, [ROWS[1], untidy, ROWS[1]])
    assert file.read_bytes() == first


def test_no_file_is_no_rows(tmp_path: Path) -> None:
    assert read_heard(tmp_path / "none.tsv") == []


HEAD = "intent\tlanguage\tvoice\tmodel\ttext\ttranscript"


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "a.tsv:1: "), ("wrong\n", "a.tsv:1: "), (f"{HEAD}\na\tb\n", "a.tsv:2: 2 columns")],
)
def test_a_broken_file_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "a.tsv"
    file.write_text(text)
    with pytest.raises(CatalogueError, match=said):
        read_heard(file)


def test_seva_check_tells_of_a_broken_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Like any other mistake in data."""
    monkeypatch.setenv("SEVA_DATA_DIR", "unused")  # `seva check` sets it
    data = tmp_path / "data"
    shutil.copytree(ROOT / "data", data)
    (data / FOLDER / "a.tsv").write_text("wrong\n")
    found = CliRunner().invoke(app, ["check", str(data)])
    assert found.exit_code == 1
    assert f"{data / FOLDER / 'a.tsv'}:1: " in found.stdout


def test_a_transcript_takes_the_place_of_its_utterance(tmp_path: Path) -> None:
    """Without marks; an utterance that was not read, or not understood, stays."""
    write_heard(tmp_path / "a.tsv", ROWS)
    heard, where, random = Heard(read_all_heard(tmp_path)), Writing("te"), Random(1)
    pieces = (Segment("నా "), Segment("కరెంటు బిల్లు", Mark(3, 16, "x")))
    assert heard.vary(pieces, where, random) == (Segment("Na karam to billu"),)
    for text in ("नमस्ते", "वहाँ"):
        assert heard.vary((Segment(text),), where, random) == (Segment(text),)


def test_the_kind_makes_copies_of_the_catalogue(catalogue: Catalogue) -> None:
    """Of utterances that have a transcript, in Latin letters for Telugu and Hindi."""
    augmenter = Augmenter(catalogue, {}, {"heard": 1})
    rows = [
        row for file in sorted((ROOT / "data" / FOLDER).glob("*.tsv")) for row in read_heard(file)
    ]
    assert rows
    trained = {
        " ".join(u.text.split())
        for intent in (*catalogue.services.values(), *catalogue.conversation.values())
        for part in (intent.utterances, intent.development)
        for u in (*part.get("te", ()), *part.get("hi", ()))
    }
    assert sum(row.text in trained for row in rows) > 0.9 * len(rows), "run `seva speech augment`"
    for row in rows[:: max(1, len(rows) // 50)]:
        copies = augmenter.copies(Utterance(row.text, (), 1), row.language, row.intent)
        if row.transcript and row.transcript != row.text:
            assert [copy.kind for copy in copies] == ["heard"]
            assert copies[0].text.isascii() and not copies[0].marks
        else:
            assert copies == []


def test_nothing_held_out_was_heard(catalogue: Catalogue) -> None:
    """And each file is of the voice that it is named after."""
    intents = {**catalogue.services, **catalogue.conversation}
    held = {
        " ".join(u.text.split())
        for intent in intents.values()
        for rows in intent.holdout.values()
        for u in rows
    }
    for file in sorted((ROOT / "data" / FOLDER).glob("*.tsv")):
        for row in read_heard(file):
            assert row.voice == file.stem
            assert row.text not in held


def test_development_sentences_calibrate_and_teach_nothing(catalogue: Catalogue) -> None:
    """Each service of the first phase has one that was read; what is misheard of others does not
    come from them. Those of the second phase were not read aloud yet (docs/voice.md)."""
    first = {name: one for name, one in catalogue.services.items() if one.phase == 1}
    intents = {**first, **catalogue.conversation}
    held = {
        (" ".join(u.text.split()), name)
        for name, intent in intents.items()
        for language in ("te", "hi")
        for u in intent.development.get(language, ())
    }
    rows = read_all_heard(ROOT / "data" / FOLDER)
    read = {(row.text, row.intent) for row in rows} & held
    assert len({intent for _, intent in read}) >= 0.95 * len({intent for _, intent in held})
    learned = {said for pairs in _learned_from(rows, catalogue).values() for said, _ in pairs}
    assert learned and not learned & {text for text, _ in held}


SETTINGS = {"word": 1.0, "word_seen": 2, "context_seen": 1}
READ = {
    "te": [
        ("కరెంటు బిల్లు", "Karamtu billu."),
        ("కరెంటు పోయింది", "Karamtu poindi."),
        ("నా కరెంటు 12", "Nakar antu pannendu"),
    ],
    "hi": [("बिजली का बिल", "Bijalika bil"), ("बिजली गई", "Bijali gaye")],
}


def heard(text: str, key: str, settings: dict[str, float] = SETTINGS, seed: int = 1) -> str:
    (piece,) = Misheard(READ, settings).vary((Segment(text),), Writing(key), Random(seed))
    return piece.text


def test_a_word_heard_often_is_heard_the_same_way() -> None:
    """As often as `word_seen` tells; what was read with digits teaches nothing."""
    assert heard("కరెంటు", "te") == "karamtu"
    seldom = {**SETTINGS, "word_seen": 3}
    assert heard("బిల్లు", "te", seldom) == "billu"  # by its letters


def test_borders_between_words_are_misheard_too() -> None:
    """The only border before का was lost."""
    assert heard("बिजली का", "hi") in ("bijalika", "bijali ka")
    assert {heard("बिजली का", "hi", seed=seed) for seed in range(40)} == {"bijalika"}


def test_each_language_has_its_own_ways() -> None:
    """Nothing was read in English: the text stays as it is."""
    assert heard("current bill", "en") == "current bill"
    assert heard("కరెంటు", "te") != heard("कारेंटु", "hi")


def test_marks_and_numbers_go() -> None:
    pieces = (Segment("బిల్లు "), Segment("6123401005678", Mark(7, 20, "service_number")))
    (piece,) = Misheard(READ, SETTINGS).vary(pieces, Writing("te"), Random(1))
    assert piece == Segment("billu")


def test_what_has_no_letters_stays() -> None:
    for text in ("", "123", "🙏"):
        assert heard(text, "te") == text


@pytest.mark.slow
@pytest.mark.parametrize("language", ["te", "hi"])
def test_copies_are_as_far_from_what_was_said_as_transcripts_are(
    catalogue: Catalogue, language: str
) -> None:
    """Share of edits by sound: learned on all files, compared on sentences that were read."""
    rows = [r for r in read_all_heard(Path(DATA) / FOLDER) if r.language == language]
    rows = [r for r in rows if r.transcript and not any(c.isdigit() for c in r.text)][::10]
    assert len(rows) > 50
    augmenter = Augmenter(catalogue, {}, {"misheard": 1})
    real, made = [], []
    for row in rows:
        copies = augmenter.copies(Utterance(row.text, (), 0), language, row.intent)
        if copies:
            said = sound_classes(row.text)
            real.append(Levenshtein.normalized_distance(said, sound_classes(row.transcript)))
            made.append(Levenshtein.normalized_distance(said, sound_classes(copies[0].text)))
    assert len(made) > 0.9 * len(rows)
    assert 0.6 < (sum(made) / len(made)) / (sum(real) / len(real)) < 1.6


def test_settings_are_in_data() -> None:
    assert set(load_tables(DATA)["misheard"]) == set(SETTINGS)
