from __future__ import annotations

from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.augment.augmenter import load_tables
from nlu.augment.counted import Counted
from nlu.augment.keyboard import Keyboard
from nlu.augment.letter_rules import LetterRule, LetterRules
from nlu.augment.segments import Writing, cut, join
from nlu.augment.spelling import Spelling
from nlu.augment.transcript import Transcript
from nlu.augment.typing_habits import TypingHabits
from nlu.augment.values import Values
from nlu.augment.word_borders import join_words, split_words
from nlu.catalogue import Catalogue
from nlu.catalogue.model import Utterance
from nlu.slots import parse
from nlu.slots.kind import Parsed
from nlu.text import find_numbers, fold
from nlu.text.script import dominant, shares
from tests.augment.conftest import DATA, KEYS
from tests.augment.test_segments import utterance

TABLES = load_tables(DATA)
Rows = dict[str, list[tuple[str, Utterance]]]


def texts(kind: object, source: str, key: str, draws: int = 200) -> set[str]:
    pieces = cut(utterance(source))
    return {
        join(kind.vary(pieces, Writing(key), Random(draw)))[0]  # type: ignore[attr-defined]
        for draw in range(draws)
    }


# letter rules


@pytest.mark.parametrize(
    ("at", "word", "varied"),
    [
        ("start", "tata", "data"),
        ("inside", "tata", "tada"),
        ("end", "tat", "tad"),
        ("any", "tat", "dad"),
        ("end", "t", "t"),
    ],
)
def test_a_rule_keeps_to_its_place(at: str, word: str, varied: str) -> None:
    rules = LetterRules([LetterRule("t", ("d",), 1.0, at)])  # type: ignore[arg-type]
    assert rules.vary(word, Random(0)) == varied


def test_the_longest_rule_wins_and_capitals_stay() -> None:
    rules = LetterRules([LetterRule("t", ("d",), 1.0), LetterRule("th", ("t",), 1.0)])
    assert rules.vary("Thota", Random(0)) == "Toda"


def test_a_word_is_never_emptied() -> None:
    assert LetterRules([LetterRule("a", ("",), 1.0)]).vary("aa", Random(0)) == "aa"


# spelling


@pytest.mark.parametrize(
    ("key", "word", "other"),
    [
        ("te-Latn", "kaavaali", "kavali"),
        ("te-Latn", "kavali", "kawali"),
        ("hi-Latn", "chahiye", "chaiye"),
        ("hi-Latn", "nahi", "nai"),
        ("hi-Latn", "shikayat", "sikayat"),
        ("te-Latn", "moodu", "mudu"),
    ],
)
def test_spelling_finds_the_variants_people_use(key: str, word: str, other: str) -> None:
    assert other in texts(Spelling(TABLES["spelling"]), word, key, 1500)


@pytest.mark.parametrize("text", ["బస్సు టికెట్ కావాలి", "बस का टिकट चाहिए"])
def test_spelling_leaves_native_words(text: str) -> None:
    assert texts(Spelling(TABLES["spelling"]), text, "mix") == {text}


# typing


def test_keyboard_neighbours_lie_beside_each_other() -> None:
    typing = TABLES["typing"]
    keyboard = Keyboard(typing["keyboard"], typing["row_shift"], typing["reach"], {"drop": 1})
    assert set(keyboard.neighbours["s"]) == set("adwezx")
    assert set(keyboard.neighbours["q"]) == set("wa")
    for key, others in keyboard.neighbours.items():
        assert others and all(key in keyboard.neighbours[other] for other in others)


@given(st.text("abcdefghijklmnop", min_size=2, max_size=12), st.integers(0, 999))
def test_a_slip_keeps_the_first_letter_and_is_one_letter_long(word: str, seed: int) -> None:
    typing = TABLES["typing"]
    keyboard = Keyboard(typing["keyboard"], typing["row_shift"], typing["reach"], typing["slips"])
    slipped = keyboard.slip(word, Random(seed))
    assert abs(len(slipped) - len(word)) <= 1
    assert slipped[0] == word[0] or sorted(slipped) == sorted(word)


def test_an_unknown_slip_is_told() -> None:
    with pytest.raises(ValueError, match="unknown slips: smear"):
        Keyboard(["qwe"], [0.0], 1.2, {"smear": 1})


@pytest.mark.parametrize(
    ("key", "text", "seen"),
    [
        ("en", "current bill", "crrnt bll"),
        ("te-Latn", "current bill", "current bll"),
        ("te", "బిల్లు కట్టాలి", "బీల్లు కట్టాలి"),
        ("te", "కరెంటు లేదు, చూడండి", "కరెంటు లేదు చూడండి"),
        ("hi", "बिजली नहीं", "बिजलि नहीं"),
        ("hi-Latn", "Bijli nahi", "bijlinahi"),
    ],
)
def test_typing_habits_are_seen(key: str, text: str, seen: str) -> None:
    assert seen in texts(TypingHabits(TABLES["typing"]), text, key, 2000)


@pytest.mark.parametrize("key", KEYS)
def test_typing_keeps_the_script(utterances: Rows, key: str) -> None:
    habits = TypingHabits(TABLES["typing"])
    for _, row in utterances[key][:150]:
        text, _ = join(habits.vary(cut(row), Writing(key), Random(row.text)))
        assert dominant(text) == dominant(row.text)


@given(st.integers(0, 999))
def test_words_are_cut_between_syllables(seed: int) -> None:
    cut_text = split_words("బయల్దేరింది బిజలీ", 1.0, 4, Random(seed))
    assert cut_text.replace(" ", "") == "బయల్దేరిందిబిజలీ"
    assert all(dominant(word[0]) == "Telu" and word[0] not in "ిీుూెేొో్" for word in cut_text.split())


def test_words_run_together_but_numbers_do_not() -> None:
    assert join_words("bus ticket 25 lo", 1.0, Random(0)) == "busticket 25 lo"


# speech


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


# numbers


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "digits", ["3", "15", "25", "70", "100", "200", "1000", "5000", "100000", "61234", "9848012345"]
)
def test_numbers_in_words_are_read_back(key: str, digits: str) -> None:
    words = Counted(TABLES["numbers"]).in_words(digits, key)
    assert words != digits or (key.startswith("hi") and len(digits) == 2)
    read = find_numbers(f"x {words} x")
    assert [span.digits for span in read] == [digits]


@pytest.mark.parametrize(
    ("key", "source", "seen"),
    [
        ("te", "[2](passenger_count) టికెట్లు కావాలి", "రెండు టికెట్లు కావాలి"),
        ("te", "[రెండు వేలు](amount) ఇస్తాను", "2000 ఇస్తాను"),
        ("te-Latn", "[3](passenger_count) tickets teeyandi", "moodu tickets teeyandi"),
        ("hi", "[चार](passenger_count) लोग", "4 लोग"),
        ("hi-Latn", "[paanch sau](amount) rupees", "500 rupees"),
        ("en", "[two](passenger_count) seats", "2 seats"),
    ],
)
def test_numbers_are_written_the_other_way(key: str, source: str, seen: str) -> None:
    assert seen in texts(Counted(TABLES["numbers"]), source, key, 50)


@pytest.mark.parametrize("text", ["RTC26110001", "14-05-2019", "25th", "1,20,000", "4/12", "1B"])
@pytest.mark.parametrize("key", KEYS)
def test_codes_and_dates_are_not_spelled_out(key: str, text: str) -> None:
    assert texts(Counted(TABLES["numbers"]), text, key, 20) == {text}


# values


@pytest.mark.parametrize("key", KEYS)
def test_other_values_are_of_the_slots_type_and_script(
    catalogue: Catalogue, utterances: Rows, key: str
) -> None:
    """Every value put in is one that the form would accept as an answer."""
    values = Values(catalogue, TABLES["values"])
    changed = 0
    for name, row in utterances[key]:
        types = {slot.name: slot.type for slot in catalogue.services[name].slots}
        text, marks = join(values.vary(cut(row), Writing(key, types), Random(row.text)))
        for mark, before in zip(marks, row.marks):
            value = text[mark.start : mark.end]
            kind = types[mark.slot]
            if value == row.text[before.start : before.end]:
                continue
            changed += 1
            assert dominant(value) in (dominant(row.text[before.start : before.end]), None)
            if kind.kind in ("place", "number", "code", "mobile"):
                read = parse(kind, value, today=date(2026, 11, 25), catalogue=catalogue)
                assert isinstance(read, Parsed), (kind.name, value)
    assert changed > 20


@pytest.mark.parametrize(
    ("key", "source"),
    [
        ("te", "[రేపు](travel_date) బస్సు"),
        ("te-Latn", "[repu](travel_date) bus"),
        ("hi", "[कल](travel_date) बस"),
        ("hi-Latn", "[kal](travel_date) bus"),
        ("en", "[tomorrow](travel_date) bus"),
    ],
)
def test_dates_of_the_grammar_are_read_as_dates(
    catalogue: Catalogue, key: str, source: str
) -> None:
    values = Values(catalogue, TABLES["values"])
    types = {slot.name: slot.type for slot in catalogue.services["rtc_ticket_booking"].slots}
    drawn = set()
    for seed in range(100):
        text, marks = join(values.vary(cut(utterance(source)), Writing(key, types), Random(seed)))
        drawn.add(text[marks[0].start : marks[0].end])
    assert len(drawn) > 8
    for value in drawn:
        read = parse(types["travel_date"], value, today=date(2026, 1, 1), catalogue=catalogue)
        assert isinstance(read, Parsed), value


def test_a_checksum_is_kept(catalogue: Catalogue) -> None:
    values = Values(catalogue, TABLES["values"])
    types = {"aadhaar": catalogue.slot_types["aadhaar_number"]}
    drawn = set()
    for seed in range(60):
        pieces = cut(utterance("aadhaar [4991 1866 5246](aadhaar)"))
        text, marks = join(values.vary(pieces, Writing("en", types), Random(seed)))
        value = text[marks[0].start : marks[0].end]
        drawn.add(value)
        read = parse(types["aadhaar"], value, today=date(2026, 1, 1), catalogue=catalogue)
        assert isinstance(read, Parsed)
    assert len(drawn) > 10
