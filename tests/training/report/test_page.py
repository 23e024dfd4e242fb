"""The page: self-contained, escaped, and with every number and message in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from nlu.training.metrics import score
from nlu.training.report import write_report
from tests.training.report.predictions import (
    BUS,
    CATALOGUE,
    FACTS,
    PAY,
    THRESHOLDS,
    VIEW,
    WORDS,
    page,
    prediction,
    right,
    wrong,
)

VOID = {"meta", "input", "br"}


class Outline(HTMLParser):
    """Tags with attributes, text in order, and whether every tag was closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_page_loads_nothing_from_elsewhere() -> None:
    """It must open from an e-mail, years later."""
    html = page([*(right(k) for k in WORDS), wrong("te")])
    found = Outline(html)
    assert found.open == []
    assert not {"link", "img", "iframe", "object"} & {tag for tag, _ in found.tags}
    addresses = [a[n] for _, a in found.tags for n in ("src", "href", "action") if n in a]
    assert addresses and all(str(address).startswith("#") for address in addresses)
    assert not re.search(r"url\(|@import|https?://", html)


@pytest.mark.parametrize("key", WORDS)
def test_wrong_message_is_shown_as_written_in_its_language(key: str) -> None:
    """With what was meant, what was opened, and the attributes the filter reads."""
    found = Outline(page([*(right(k) for k in WORDS), wrong(key)]))
    assert WORDS[key] in found.text
    assert ("q", {"lang": key}) in found.tags
    (item,) = [a for tag, a in found.tags if tag == "li" and "data-flaw" in a]
    assert item == {"data-key": key, "data-truth": VIEW, "data-flaw": "wrong_action"}
    assert "another service was opened meant See power bill ; opened Pay power bill" in found.text


def test_messages_and_names_are_escaped() -> None:
    """A citizen's message is data, whatever is in it."""
    evil = '</script><script>alert(1)</script><img src=x onerror=alert(1)> & "quoted"'
    one = prediction(evil, '"><b>', '<i>"x', [(VIEW, 0.9)], slots={"<u>": evil})
    html = page([right("te"), one], model="<b>model</b>", source=evil)
    found = Outline(html)
    assert html.count("<script>") == 1 and "<img" not in html
    assert not {"b", "i", "u", "img"} & {tag for tag, _ in found.tags}
    assert evil in "".join(found.words)


def test_headline_numbers_have_their_intervals() -> None:
    """Nine of ten right first; one of two outside refused."""
    outside = ("weather", "en", "out_of_scope")
    found = Outline(
        page(
            [
                *[right("te")] * 9,
                wrong("te"),
                prediction(*outside, [("out_of_scope", 0.9)], "out_of_scope"),
                prediction(*outside, [(BUS, 0.9)]),
            ]
        )
    ).text
    assert "Right action 83.3 % 95 % interval 55.2 % to 95.3 %, 12 messages." in found
    assert "Right service first: 90 %" in found
    assert "Out of scope, refused 50 %" in found and "A service was opened for 50 %" in found


def test_what_to_do_depends_on_the_neighbours() -> None:
    """Neighbours get sentences on both sides; strangers are made neighbours first."""
    near = Outline(page([wrong("hi")])).text
    assert f"into its neighbour services/energy/{PAY}.yml" in near
    far = Outline(page([prediction("x", "hi", VIEW, [(BUS, 0.9)])])).text
    assert f"put {BUS} into its neighbours" in far


def test_unknown_services_are_told() -> None:
    """A labelled file may be ahead of the model."""
    found = Outline(page([right("te"), prediction("x", "te", "moon_landing", [(VIEW, 0.9)])])).text
    assert "Not in this model: moon_landing" in found
    assert "this model does not know the service" in found


def test_nothing_wrong_is_a_page_too() -> None:
    """No filters over nothing, no empty matrix."""
    html = page([right(key) for key in WORDS])
    assert 'id="filters"' not in html and '<table class="matrix"' not in html
    assert "No service was taken for another." in html


def test_every_service_and_value_has_a_row() -> None:
    """Values that are only asked for are marked, so that nobody mends their 0."""
    slots = {"applicant_name": "Ravi", "service_number": "6123401005678"}
    rows = [prediction("a", "en", n, [(n, 0.9)], slots=slots) for n in CATALOGUE.services]
    html = page(rows)
    assert all(f"<code>{name}</code></th>" in html for name in CATALOGUE.services)
    assert "<code>service_number</code></th>" in html


@pytest.mark.slow
def test_page_of_165_services_stays_small() -> None:
    """Five keys, four messages each, one in ten wrong: mailed without thinking."""
    names = [f"service_{i:03}" for i in range(165)]
    rows = [
        prediction(
            WORDS[key],
            key,
            name,
            [(names[i - 1] if n == 0 and i % 3 == 0 else name, 0.9), ("greet", 0.05)],
        )
        for i, name in enumerate(names)
        for key in WORDS
        for n in range(4)
    ]
    assert len(page(rows).encode()) < 1_000_000


def test_report_is_written_whole_and_readable_by_all(tmp_path: Path) -> None:
    """Its folder is made; nothing else is left there."""
    rows = [right("te")]
    metrics = score(
        [r for r, _ in rows],
        [a for _, a in rows],
        conversation=frozenset(CATALOGUE.conversation),
        services=frozenset(CATALOGUE.services),
    )
    path = tmp_path / "report" / "report.html"
    write_report(path, metrics, rows, FACTS, catalogue=CATALOGUE, thresholds=THRESHOLDS)
    assert path.read_text("utf-8").startswith("<!doctype html>")
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]
    assert path.stat().st_mode & 0o777 == 0o644
