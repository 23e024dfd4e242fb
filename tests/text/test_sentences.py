"""Messages are cut at sentence ends, commas and joining words, in all keys."""

from __future__ import annotations

import pytest

from nlu.text.sentences import says_and, says_besides, sentences

STORIES = {
    "te": (
        "నా భర్త చనిపోయారు. మాకు ఇద్దరు పిల్లలు! ఆ పొలం నా పేరు మీదకి మార్చాలి",
        ("నా భర్త చనిపోయారు", "మాకు ఇద్దరు పిల్లలు", "ఆ పొలం నా పేరు మీదకి మార్చాలి"),
    ),
    "hi": (
        "मेरे पति गुज़र गए। दो बच्चे हैं। ज़मीन मेरे नाम करवानी है।",
        ("मेरे पति गुज़र गए", "दो बच्चे हैं", "ज़मीन मेरे नाम करवानी है"),
    ),
    "en": (
        "My husband died. We have two acres\nPlease put the land in my name.",
        ("My husband died", "We have two acres", "Please put the land in my name"),
    ),
    "te-Latn": (
        "maa aayana chanipoyaru inka iddaru pillalu unnaru alage polam naa peru meeda marchali",
        ("maa aayana chanipoyaru", "iddaru pillalu unnaru", "polam naa peru meeda marchali"),
    ),
    "hi-Latn": (
        "mere pati guzar gaye aur do bachche hai iske alawa zameen mere naam karwani hai",
        ("mere pati guzar gaye", "do bachche hai", "zameen mere naam karwani hai"),
    ),
}
TWO = {
    "te": "ఆదాయ సర్టిఫికెట్ కావాలి అలాగే కుల సర్టిఫికెట్ కూడా",
    "te-Latn": "income certificate kavali, inka caste certificate kuda",
    "hi": "आय प्रमाण पत्र चाहिए, इसके अलावा जाति प्रमाण पत्र भी",
    "hi-Latn": "income certificate chahiye aur caste certificate bhi",
    "en": "I want an income certificate, and also a caste certificate",
}


@pytest.mark.parametrize("key", STORIES)
def test_a_story_is_cut_into_its_sentences(key: str) -> None:
    text, parts = STORIES[key]
    assert sentences(text) == parts


@pytest.mark.parametrize("key", TWO)
def test_two_requests_are_two_parts_and_say_so(key: str) -> None:
    parts = sentences(TWO[key])
    assert len(parts) == 2 and not set(parts[0].split()[:1]) & set(parts[1].split()[:1])
    assert says_besides(TWO[key])


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Ravi Kumar",
            "income certificate kavali",
            "కరెంటు బిల్లు ఎంత",
            "बिजली का बिल",
            "6123401005678",
        ),
        *("see meebhoomi.ap.gov.in", "bill of Rs. 11,875", "bus at 10.30", "పెన్షన్ కావాలి."),
        "సర్వే నం. 123/2 పొలం",
    ],
)
def test_one_sentence_has_no_parts(text: str) -> None:
    assert sentences(text) == ()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("income and caste certificate kavali", ("income", "caste")),
        ("ఆదాయం, కులం సర్టిఫికెట్ కావాలి", ("ఆదాయం", "కులం")),
        ("आय और जाति प्रमाण पत्र चाहिए", ("आय", "जाति")),
        ("income certificate and caste", ("income", "caste")),
    ],
)
def test_one_word_borrows_the_words_of_its_neighbour(text: str, parts: tuple[str, str]) -> None:
    found = sentences(text)
    assert [part.split()[0] for part in found] == list(parts)
    assert found[0].split()[1:] == found[1].split()[1:] != []


def test_points_without_a_space_end_sentences_too() -> None:
    assert sentences("meter paadaindi.bill ekkuva vachindi") == (
        "meter paadaindi",
        "bill ekkuva vachindi",
    )


def test_a_long_part_is_read_in_runs_of_words_too() -> None:
    """Where nothing tells the sentences apart; the last run holds the end."""
    long = "maa aayana poyina edadi chanipoyaru naku iddaru pillalu unnaru memu kooli pani chestam "
    wish = "polam naa peru meeda marchali"
    whole, *runs = sentences(long + wish)
    assert whole == long + wish and all(run in whole for run in runs)
    assert runs[-1].endswith(wish) and len(runs) == 4
    assert {len(run.split()) for run in runs} == {8, 6}


def test_there_are_not_more_parts_than_the_lists_allow() -> None:
    text = ". ".join(f"this is sentence number {n} of many" for n in range(40))
    parts = sentences(text)
    assert len(parts) == 16 and parts[0].split()[4] == "0" and parts[-1].split()[4] == "39"


def test_words_inside_a_word_say_nothing() -> None:
    assert not says_besides("abhi nahi aaya")
    assert not says_and("sandy road andhra")
    assert says_and("current poyindi mariyu transformer kalipoyindi")
