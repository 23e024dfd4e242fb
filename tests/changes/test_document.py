"""Edited files differ from before in the edited lines only, and read as was meant."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlu.changes.document import Document
from nlu.changes.edits import (
    AddFact,
    AddSentence,
    ChangeSentence,
    ChangeWords,
    Edit,
    EditRefused,
    ReadFacts,
    RemoveSentence,
    edited,
)
from nlu.changes.scalar import LONGEST, quoted
from tests.processes import ROOT

FILES = sorted((ROOT / "data" / "services").glob("*/*.yml"))
KEYS = ("te", "te-Latn", "hi", "hi-Latn", "en")
SENTENCES = (
    'మా ఇంట్లో "కరెంటు" లేదు: రెండు రోజులు # 12',
    "క్‌ష జ్ఞానం లేదు",  # with a zero width non-joiner
    "बिजली का बिल: कितना है? 'जल्दी' बताओ",
    "क्‍या हुआ 👨‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "na bill {entha} [6123401005678](service_number) cheppandi",
    "bill kitna hai # bijli: ka",
    "- not a list\n  key: [not, a, mapping]",
    "\\ back slash, \\n no line, %TAG ! & * ?",
    "&anchor *alias !!python/object/apply:os.system ['id']",
    "--- # a new document\n...",
    "it's a \u2028 line\u0085 and a \u202e mark",
    "yes",
    "0123",
    "null",
)
TEXTS = st.sampled_from(SENTENCES) | st.text(
    st.characters(exclude_categories=("Cs",)), min_size=1, max_size=80
).filter(lambda text: bool(text.replace("\r", "\n").strip(" \t\n")))

SMALL = b"""\
# The service's own notes stay where they are.
service: "small"   # its name

title: {te: "\xe0\xb0\x92\xe0\xb0\x95\xe0\xb0\x9f\xe0\xb0\xbf", hi: 'ek', en: One}
utterances:
  te:
    # the first is from the counter
    - "one"  # a note
    - two words
    - 'three'

  en: ["a", "b"]
  hi:
  - "not indented"
  - |
    a block
    of two lines
replies:
  ok:
    te: >-
      folded
      text
    en: "plain"
facts:
  fee:
    te: "x"
  source: "a book"
  read: 2026-11-29
"""


def kept(text: str) -> str:
    """As the catalogue keeps what somebody typed."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip(" \t\n")


@pytest.fixture(scope="module")
def read() -> dict[Path, tuple[bytes, dict]]:
    """Files that the property tests have read so far."""
    return {}


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_edits_of_real_files_change_their_lines_only(
    data: st.DataObject, read: dict[Path, tuple[bytes, dict]]
) -> None:
    """Random edits of the catalogue: the diff has those lines, the file says what was meant."""
    file = data.draw(st.sampled_from(FILES))
    if file not in read:
        content = file.read_bytes()
        read[file] = content, yaml.load(content, Loader=yaml.CSafeLoader)
    before, meant = read[file]
    kind = data.draw(st.sampled_from(["add", "change", "remove", "words"]))
    text = data.draw(TEXTS)
    key = data.draw(st.sampled_from(KEYS))
    part = data.draw(st.sampled_from(["utterances", "holdout"]))
    some: list[str] = list(meant[part][key])
    place = data.draw(st.integers(0, len(some) - 1))
    edit: Edit
    lines = before.decode().split("\n")
    new = quoted(kept(text))
    if kind == "add":
        edit, some = AddSentence(part, key, text), [*some, kept(text)]
    elif kind == "change":
        edit = ChangeSentence(part, key, place, some[place], text)
        some[place] = kept(text)
    elif kind == "remove":
        edit = RemoveSentence(part, key, place, some[place])
        del some[place]
    else:
        language = data.draw(st.sampled_from(["te", "hi", "en"]))
        paths = [("title",), ("menu",), ("about",)]
        paths += [("replies", outcome) for outcome in meant["replies"]]
        path = data.draw(st.sampled_from(paths))
        was = meant
        for step in (*path, language):
            was = was[step]
        edit = ChangeWords(path, language, was, text)
        after = edited(before, [edit])
        now = yaml.load(after, Loader=yaml.CSafeLoader)
        found = now
        for step in (*path, language):
            found = found[step]
        assert found == kept(text)
        old, fresh = before.split(b"\n"), after.split(b"\n")
        assert len(old) == len(fresh)
        assert sum(a != b for a, b in zip(old, fresh)) <= 1
        return
    after = edited(before, [edit])
    now = yaml.load(after, Loader=yaml.CSafeLoader)
    assert now == {**meant, part: {**meant[part], key: some}}
    fresh = after.decode().split("\n")
    if kind == "change":
        apart = [(a, b) for a, b in zip(lines, fresh) if a != b]
        assert len(lines) == len(fresh)
        assert [b for _, b in apart] in ([], [f"    - {new}"])
    else:
        more, less = (fresh, lines) if kind == "add" else (lines, fresh)
        at = next((n for n, (a, b) in enumerate(zip(more, less)) if a != b), len(less))
        assert more[:at] + more[at + 1 :] == less


SMALL_EDITS: list[tuple[Edit, list[str], list[str]]] = [
    (AddSentence("utterances", "te", "four: #4"), [], ['    - "four: #4"']),
    (AddSentence("utterances", "en", "c"), ['  en: ["a", "b"]'], ['  en: ["a", "b", "c"]']),
    (AddSentence("utterances", "hi", "x"), [], ['  - "x"']),
    (AddSentence("utterances", "mix", "x"), [], ["  mix:", '    - "x"']),
    (
        ChangeSentence("utterances", "te", 0, "one", "1"),
        ['    - "one"  # a note'],
        ['    - "1"  # a note'],
    ),
    (
        ChangeSentence("utterances", "te", 1, "two words", "- 2"),
        ["    - two words"],
        ['    - "- 2"'],
    ),
    (ChangeSentence("utterances", "te", 2, "three", "3"), ["    - 'three'"], ['    - "3"']),
    (
        ChangeSentence("utterances", "en", 0, "a", "x"),
        ['  en: ["a", "b"]'],
        ['  en: ["x", "b"]'],
    ),
    (
        ChangeSentence("utterances", "hi", 1, "a block\nof two lines\n", "x"),
        ["  - |", "    a block", "    of two lines"],
        ['  - "x"'],
    ),
    (RemoveSentence("utterances", "te", 0, "one"), ['    - "one"  # a note'], []),
    (RemoveSentence("utterances", "te", 2, "three"), ["    - 'three'"], []),
    (RemoveSentence("utterances", "en", 0, "a"), ['  en: ["a", "b"]'], ['  en: ["b"]']),
    (RemoveSentence("utterances", "en", 1, "b"), ['  en: ["a", "b"]'], ['  en: ["a"]']),
    (
        RemoveSentence("utterances", "hi", 1, "a block\nof two lines\n"),
        ["  - |", "    a block", "    of two lines"],
        [],
    ),
    (
        ChangeWords(("title",), "hi", "ek", "एक, दो"),
        ["title: {te: \"\u0c12\u0c15\u0c1f\u0c3f\", hi: 'ek', en: One}"],
        ['title: {te: "\u0c12\u0c15\u0c1f\u0c3f", hi: "\u090f\u0915, \u0926\u094b", en: One}'],
    ),
    (
        ChangeWords(("replies", "ok"), "te", "folded text", "x"),
        ["    te: >-", "      folded", "      text"],
        ['    te: "x"'],
    ),
    (
        AddFact("days", {"te": "2", "en": "two: 2"}),
        [],
        ["  days:", '    te: "2"', '    en: "two: 2"'],
    ),
    (AddFact("who", {"te": "x"}), [], ["  who:", '    te: "x"']),
    (
        ReadFacts("a page", "2026-12-01"),
        ['  source: "a book"', "  read: 2026-11-29"],
        ['  source: "a page"', "  read: 2026-12-01"],
    ),
]


@pytest.mark.parametrize(("edit", "gone", "new"), SMALL_EDITS)
@pytest.mark.parametrize("form", ["lf", "crlf", "no end", "crlf, no end, bom"])
def test_every_way_of_writing_is_kept(
    edit: Edit, gone: list[str], new: list[str], form: str
) -> None:
    """Comments, quotes, flow lists, indents, line ends, byte order mark, a last line's end."""
    before = SMALL
    if "no end" in form:
        before = before.rstrip(b"\n")
    if "crlf" in form:
        before = before.replace(b"\n", b"\r\n")
    if "bom" in form:
        before = b"\xef\xbb\xbf" + before
    after = edited(before, [edit])
    end = "\r\n" if "crlf" in form else "\n"
    a, b = before.decode().split(end), after.decode().split(end)
    at = next(
        n for n, (one, two) in enumerate(zip([*a, ""], [*b, ""])) if one != two or n >= len(a)
    )
    for offset in range(3):  # a line that is written twice may be found one place later
        start = at - offset
        if a[start : start + len(gone)] == gone and b[start : start + len(new)] == new:
            break
    else:
        raise AssertionError((a[at : at + 4], b[at : at + 4]))
    assert a[:start] == b[:start]
    assert a[start + len(gone) :] == b[start + len(new) :]
    assert after.startswith(b"\xef\xbb\xbf") == ("bom" in form)


def test_the_last_sentence_of_a_key_takes_the_key_along() -> None:
    """An empty list would be no list for the catalogue."""
    before = b'utterances:\n  te:\n    - "a"\n  mix:\n    - "b"\n# end\n'
    after = edited(before, [RemoveSentence("utterances", "mix", 0, "b")])
    assert after == b'utterances:\n  te:\n    - "a"\n# end\n'
    with pytest.raises(EditRefused, match="cannot be taken out"):
        edited(after, [RemoveSentence("utterances", "te", 0, "a")])


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (AddSentence("utterances", "te", " \r\n "), "empty"),
        (AddSentence("utterances", "te", "x" * (LONGEST + 1)), "at most"),
        (AddSentence("utterances", "te", "\ud800"), "no Unicode"),
        (AddSentence("slots", "te", "x"), "no list of sentences"),
        (AddSentence("utterances", "te", "x\x00y"), None),
        (
            ChangeSentence("utterances", "te", 0, "another", "x"),
            "changed meanwhile; now it is: one",
        ),
        (RemoveSentence("utterances", "te", 9, "x"), "not there any more"),
        (ChangeWords(("operation",), "te", "x", "y"), "not changed here"),
        (ChangeWords(("replies", "gone"), "te", "x", "y"), "not there any more"),
        (AddFact("fee", {"te": "x"}), "there already"),
        (AddFact("colour", {"te": "x"}), "no fact"),
        (ReadFacts("a book", "29 November"), "write the day"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused(edit: Edit, why: str | None) -> None:
    """With words for the person; the file stays as it was."""
    if why is None:
        assert b"\\x00" in edited(SMALL, [edit])
        return
    with pytest.raises(EditRefused, match=why):
        edited(SMALL, [edit])


@pytest.mark.parametrize(
    "content",
    [b"\xff", b"- a\n", b"a: [\n", b"", b"a: &x {te: y}\nutterances: {te: [*x, b]}\ntitle: *x\n"],
)
def test_a_file_that_cannot_be_edited_says_so(content: bytes) -> None:
    """No UTF-8, no mapping, no YAML; and one where an edit would change two places at once."""
    with pytest.raises(EditRefused):
        edited(content, [ChangeWords(("title",), "te", "y", "z")])


FOLDED = """# Head.
service: "x"  # a remark
utterances:
  en:   # English
    - "one"
    - >-
      two
      lines

    # before te
  te:
  - 'a'
"""


def test_a_sentence_behind_a_folded_one_and_in_a_list_without_indent() -> None:
    document = Document(FOLDED.encode())
    document.append(("utterances", "en"), 'say "hi"')
    document.append(("utterances", "te"), "బి")
    found = FOLDED.replace("      lines\n", '      lines\n    - "say \\"hi\\""\n')
    assert document.text == found.replace("  - 'a'\n", "  - 'a'\n  - \"బి\"\n")
