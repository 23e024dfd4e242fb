"""One spelling and voice: what Seva does not write, and what it writes instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.catalogue.checker import check_catalogue
from tests.catalogue.sample import FILES, PAY, VIEW, line_of, write_sample

POWER = "departments/power.yml"
TYPES = "slot_types.yml"
SPELLINGS = """\
spellings:
  te: {"మళ్లీ": "మళ్ళీ", "*ళ్ల*": "ళ్ళ", "నంబర్": "నంబరు", "మా మనిషి*": "మా సిబ్బంది"}
  hi: {"तारीख*": "तारीख़", "कागज": "काग़ज़", "मकान टैक्स": "हाउस टैक्स"}
  en: {"our man": "our staff"}
"""

# file, text to replace, replacement, what it must say: in every place where Seva says something
SLIPS = [
    (VIEW, 'te: "బిల్లు చూడండి"', 'te: "మళ్లీ చూడండి"', "`మళ్లీ` in title.te"),
    (VIEW, "देखें\", en: \"See bill", "देखें तारीख\", en: \"See bill", "`तारीख` in menu.hi"),
    (VIEW, '"See how much the bill is"', '"Our man sees it"', "`Our man` in about.en"),
    (VIEW, "బిల్లు {amount}", "నంబర్‌కు {amount}", "`నంబర్` in replies.ok.te"),
    (VIEW, "मुफ़्त है।", "मकान  टैक्स है।", "`मकान  टैक्स` in facts.fee.hi"),
    (PAY, "ఏ మీటరు?", "వెళ్లాలా?", "`వెళ్లాలా` in slots.0.ask.te"),
    (PAY, "{amount} కడతారా?", "{amount} మా మనిషికి ఇస్తారా?", "`మా మనిషికి` in confirm_text.te"),
    (POWER, 'te: "మీ సెక్షన్ ఆఫీసు"', 'te: "మా మనిషి"', "`మా మనిషి` in office.te"),
    (TYPES, 'hi: "छह अंक: 123456"', 'hi: "कागज: 123456"', "`कागज` in types.meter_number.retry.hi"),
    ("phrases.yml", 'te: "మెనూ"', 'te: "మళ్లీ"', "`మళ్లీ` in phrases.menu_button.te"),
]  # fmt: skip


def spelled(root: Path, changes: dict[str, tuple[str, str]]) -> Path:
    """The sample with a change and the spellings above."""
    write_sample(root, changes)
    (root / "check.yml").write_text(FILES["check.yml"] + SPELLINGS, "utf-8")
    return root


@pytest.mark.parametrize(("file", "before", "after", "says"), SLIPS, ids=[s[3] for s in SLIPS])
def test_check_finds_the_slip_at_its_line(
    tmp_path: Path, file: str, before: str, after: str, says: str
) -> None:
    root = spelled(tmp_path, {file: (before, after)})
    told = [p for p in check_catalogue(root).problems if says in p.what]
    assert [(p.file, p.line) for p in told] == [(root / file, line_of(root / file, after))]


def test_check_says_what_to_write_instead(tmp_path: Path) -> None:
    """Of two spellings that fit, the longer one counts."""
    root = spelled(tmp_path, {VIEW: ("బిల్లు ఎంతో చూడండి", "మళ్లీ చూడండి")})
    told = [(p.what, p.mend) for p in check_catalogue(root).problems]
    assert told == [("`మళ్లీ` in about.te is not how Seva writes it", "write `మళ్ళీ`")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("బిల్లు ఎంతో చూడండి", "నంబర్లు, నంబరు చూడండి"),
        ("बिल कितना है, देखें", "तारीख़ें, काग़ज़, कागजी देखें"),
        ("See how much the bill is", "Your manner of paying"),
        ('te: ["బిల్లు ఎంత"', 'te: ["మళ్లీ బిల్లు"'),
    ],
)
def test_other_words_and_what_citizens_write_are_left_alone(
    tmp_path: Path, before: str, after: str
) -> None:
    """A word that only begins alike is another word; with a nukta it is the right one."""
    assert check_catalogue(spelled(tmp_path, {VIEW: (before, after)})).problems == ()


def test_a_folder_without_spellings_has_the_projects_own(tmp_path: Path) -> None:
    root = write_sample(tmp_path, {VIEW: ("బిల్లు ఎంతో చూడండి", "మళ్లీ చూడండి")})
    assert [p.mend for p in check_catalogue(root).problems] == ["write `మళ్ళీ`"]


def test_files_beside_the_catalogue_are_held_to_it(tmp_path: Path) -> None:
    """Of the data folder and of the code, wherever all that stands at a key is said."""
    root = spelled(tmp_path, {})
    form = root / "forms" / "slip.yml"
    form.parent.mkdir(exist_ok=True)
    form.write_text('title: {te: "పత్రం", hi: "कागज", en: "Paper"}\nnames: {x: {te: ["మళ్లీ"]}}\n')
    words = 'spelled: {data: ["forms/*.yml"], code: ["actions/documents/site/words.yml"]}\n'
    said = '  en: {"our man": "our staff", "is this document real": "?"}\n'
    check = (root / "check.yml").read_text("utf-8")
    (root / "check.yml").write_text(check.replace('  en: {"our man": "our staff"}\n', said) + words)
    told = [(p.file.name, p.line, p.what.split("`")[1]) for p in check_catalogue(root).problems]
    assert sorted(told) == [("slip.yml", 1, "कागज"), ("words.yml", 5, "Is this document real")]
