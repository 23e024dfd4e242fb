"""The pages of the review: one card, one decision, the next card; by who may, and nobody else."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api.console.review import shelf as shelf_module
from api.console.review.search import Named, Search, _sounds
from api.console.review.shelf import Near, Services, Shelf, shelf_of
from api.inbox.review import Arrival, insert
from api.review.decision import Targets, one
from api.review.item import Item
from tests.console.conftest import House, Person
from tests.review.conftest import BILL, BUS, FIVE, PAY

HTMX = {"HX-Request": "true"}
SLOTS = {BILL: ["service_number"], BUS: ["to_stop"], PAY: [], "out_of_scope": [], "greet": []}
TITLES = {
    BILL: {"te": "కరెంటు బిల్లు చూడండి", "hi": "बिजली बिल देखें", "en": "See power bill"},
    PAY: {"te": "కరెంటు బిల్లు కట్టండి", "hi": "बिजली बिल भरें", "en": "Pay power bill"},
    BUS: {"te": "బస్సు టికెట్", "hi": "बस टिकट", "en": "Bus ticket"},
}
EVIL = "<script>alert(1)</script> bill"


class FewServices(Services):
    """Without a catalogue, which takes seconds to read."""

    def title(self, name: str, language: str) -> str:
        return TITLES.get(name, {}).get(language, name)


class Languages:
    keys = dict.fromkeys(FIVE)


class Words:
    languages = Languages


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    named = [
        Named(name, frozenset().union(*map(_sounds, [name, *words.values()])))
        for name, words in TITLES.items()
    ]
    found = FewServices(Words, Targets(SLOTS), Search(named))  # type: ignore[arg-type]
    monkeypatch.setattr(Shelf, "services", lambda self: found)


@pytest.fixture(autouse=True)
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which cards two read hangs on a secret key, another one in each test."""
    monkeypatch.setenv("SEVA_REVIEW_TWICE_PERCENT", "0")


@pytest.fixture
def shelf(house: House) -> Iterator[Shelf]:
    found = shelf_of(house.console)
    yield found
    found.review.close()


def come(shelf: Shelf, text: str, key: str = "en", **more: Any) -> None:
    database = shelf.review._databases[0]
    ranking = more.pop("ranking", ((BILL, 0.5), (PAY, 0.4), (BUS, 0.05)))
    reason = more.pop("reason", "asked")
    item = Item(text, key, "clarify", ranking, **more)
    name = f"wamid.{text}.{key}"
    arrival = Arrival(name, f"109:{name}", reason, item.sealed())
    database.change(lambda db: insert(db, [arrival], db.now()))


def token_of(person: Person) -> dict[str, str]:
    found = re.search(r'name="form_token" value="([^"]+)"', person.get("/").text)
    assert found
    return {"X-Form-Token": html.unescape(found[1])}


def decide(person: Person, card: int, choice: str, **sent: str) -> httpx.Response:
    headers = {**HTMX, **token_of(person)}
    at = f"/review/card/{card}"
    return person.browser.post(at, data={"choice": choice, **sent}, headers=headers)


@pytest.mark.parametrize("key", FIVE)
def test_a_card_shows_what_a_reader_needs(house: House, shelf: Shelf, key: str) -> None:
    come(shelf, FIVE[key], key, marks=((0, 3, "service_number"),), chosen=PAY)
    page = house.person("sita", "annotator").get("/review").text
    assert re.search(rf'<h2 class="words" id="words" lang="{key}"><mark[^>]*>', page)
    for number, title in enumerate(("See power bill", "Pay power bill", "Bus ticket"), 1):
        assert f"<kbd>{number}</kbd> {title}" in page
    assert "Seva asked which service" in page and "The citizen chose" in page
    assert "1 to read, 0 done, 0 by you." in page


def test_a_decision_brings_the_next_card_alone(house: House, shelf: Shelf) -> None:
    come(shelf, "power bill please")
    come(shelf, "bus ticket please", ranking=((BUS, 0.5), (BILL, 0.45)))
    sita = house.person("sita", "annotator")
    [first, second] = shelf_cards(sita, shelf)
    answer = decide(sita, first, f"service:{BUS}")
    assert answer.status_code == 200 and "<html" not in answer.text
    assert f"/review/card/{second}" in answer.text and "Kept. 1 to read, 1 done" in answer.text
    assert decide(sita, second, "out_of_scope").text.count("Nothing to read") == 1
    labels = [decided.decision.label for _, decided in shelf.review.finished()]
    assert labels == [BUS, "out_of_scope"]
    acts = [(one_.act, one_.about) for one_ in house.console.audit.all()]
    assert ("review.reader", {"card": first, "label": BUS}) in acts


def shelf_cards(person: Person, shelf: Shelf) -> list[int]:
    person.get("/review")
    return [card.number for card in shelf.review.page(0)][::-1]


def test_without_scripts_a_form_does_the_same(house: House, shelf: Shelf) -> None:
    come(shelf, "power bill please")
    sita = house.person("sita", "annotator")
    [card] = shelf_cards(sita, shelf)
    page = sita.send(f"/review/card/{card}", "/review", choice=f"service:{BILL}")
    assert "Nothing to read" in page.text and str(page.url).endswith("/review")


def test_marks_of_another_service_fall_away_and_words_stay(house: House, shelf: Shelf) -> None:
    come(shelf, "bus to tirupati 12")
    sita = house.person("sita", "annotator")
    [card] = shelf_cards(sita, shelf)
    text = "bus to [tirupati](to_stop) [12](service_number)"
    wrong = decide(sita, card, f"service:{BUS}", text="another text")
    assert wrong.status_code == 422 and "must stay as they are" in wrong.text
    decide(sita, card, f"service:{BUS}", text=text)
    [(_, decided)] = shelf.review.finished()
    assert decided.decision == one("bus to [tirupati](to_stop) 12", BUS)


@pytest.mark.parametrize(
    "sent, label",
    [
        ({"choice": "new", "name": " solar  roof "}, "new"),
        (
            {
                "choice": "split",
                "text_1": "power bill",
                "service_1": BILL,
                "text_2": "bus ticket",
                "service_2": BUS,
            },
            f"{BILL}+{BUS}",
        ),
    ],
)
def test_new_services_and_splits(
    house: House, shelf: Shelf, sent: dict[str, str], label: str
) -> None:
    come(shelf, "power bill and bus ticket")
    sita = house.person("sita", "annotator")
    [card] = shelf_cards(sita, shelf)
    assert decide(sita, card, **sent).status_code == 200  # type: ignore[arg-type]
    [(_, decided)] = shelf.review.finished()
    assert decided.decision.label == label
    assert decided.decision.name in ("", "solar roof")


@pytest.mark.parametrize("choice", ["", "x", "service:nothing", "new", "split", "service:"])
def test_what_is_no_decision_is_told(house: House, shelf: Shelf, choice: str) -> None:
    come(shelf, "power bill please")
    sita = house.person("sita", "annotator")
    [card] = shelf_cards(sita, shelf)
    answer = decide(sita, card, choice)
    assert answer.status_code == 422 and 'class="wrong"' in answer.text
    assert shelf.review.decisions(card) == []


def test_undo_shows_the_card_again(house: House, shelf: Shelf) -> None:
    come(shelf, "power bill please")
    sita = house.person("sita", "annotator")
    [card] = shelf_cards(sita, shelf)
    decide(sita, card, f"service:{BILL}")
    headers = {**HTMX, **token_of(sita)}
    answer = sita.browser.post("/review/undo", headers=headers)
    assert "Taken back." in answer.text and f"/review/card/{card}" in answer.text
    assert shelf.review.finished() == []
    again = sita.browser.post("/review/undo", headers=headers)
    assert "nothing to undo" in again.text


def test_two_who_differ_and_an_editor(house: House, shelf: Shelf) -> None:
    shelf.review.filer._twice = 100
    come(shelf, "power bill please")
    sita, ram, gita = (
        house.person("sita", "annotator"),
        house.person("ram", "annotator"),
        house.person("gita", "editor"),
    )
    [card] = shelf_cards(sita, shelf)
    decide(sita, card, f"service:{BILL}")
    assert "Nothing to read" in sita.get("/review").text
    assert BILL not in shelf_words(ram.get("/review").text)  # the first decision is not shown
    decide(ram, card, f"service:{PAY}")
    assert ram.get("/review/disputed").status_code == 403
    assert decide(ram, card, f"service:{PAY}").status_code in (200, 403)
    assert "power bill please" in gita.get("/review/disputed").text
    page = gita.get(f"/review/card/{card}").text
    assert "What the readers said" in page and "sita" not in page
    decide(gita, card, f"service:{PAY}")
    [(_, decided)] = shelf.review.finished()
    assert (decided.part, decided.decision.label) == ("adjudicator", PAY)
    page = gita.get("/review/agreement").text
    assert "See power bill" in page and "Pay power bill" in page


def shelf_words(page: str) -> str:
    """What stands above the choices."""
    return page.split("<fieldset>")[0].split('id="card"')[1]


def test_only_who_may_decides(house: House, shelf: Shelf) -> None:
    come(shelf, "power bill please")
    ravi = house.person("ravi", "reader")
    [card] = shelf_cards(ravi, shelf)
    page = ravi.get("/review").text
    assert "power bill please" in page and 'name="choice"' not in page
    assert decide(ravi, card, f"service:{BILL}").status_code == 403
    assert house.person("omar", "officer").get("/review").status_code == 403
    sita = house.person("sita", "annotator")
    no_token = sita.browser.post(f"/review/card/{card}", data={"choice": "skip"})
    assert no_token.status_code == 403 and shelf.review.decisions(card) == []


def test_words_of_a_citizen_are_words(house: House, shelf: Shelf) -> None:
    come(shelf, EVIL, marks=((0, 8, "service_number"),), readings=(EVIL,), spoken=True)
    sita = house.person("sita", "editor")
    [card] = shelf_cards(sita, shelf)
    for path in ("/review", "/review/list", f"/review/card/{card}", f"/review/why/{card}"):
        page = sita.get(path).text
        assert "<script>alert" not in page
    assert "&lt;script&gt;" in sita.get("/review").text


@pytest.mark.parametrize(
    "typed", ["bus", "బస్సు", "बस", "bus tiket", "bassu tikkettu", "rtc", "టికెట్"]
)
def test_a_service_is_found_in_any_script(house: House, shelf: Shelf, typed: str) -> None:
    sita = house.person("sita", "annotator")
    page = sita.get("/review/services", params={"find": typed}, headers=HTMX).text
    assert f'value="service:{BUS}"' in page and f'value="service:{BILL}"' not in page


def test_a_service_that_is_not_there_is_told(house: House, shelf: Shelf) -> None:
    sita = house.person("sita", "annotator")
    page = sita.get("/review/services", params={"find": "passport"}, headers=HTMX).text
    assert "No service has that name." in page
    assert sita.get("/review/services", headers=HTMX).text.strip() == ""


def test_the_nearest_sentences(house: House, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    come(shelf, "power bill please")
    sita = house.person("sita", "annotator")
    [card] = shelf_cards(sita, shelf)
    near = [Near("show my power bill", BILL, "services/energy/x.yml:12", 0.91)]
    monkeypatch.setattr(Shelf, "nearest", lambda self, text: (near, ""))
    page = sita.get(f"/review/why/{card}", headers=HTMX).text
    assert "show my power bill" in page and "services/energy/x.yml:12" in page


def test_a_page_looks_once_whether_the_catalogue_changed(
    house: House, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That takes 15 ms with all services: fifty cards on a page took nearly a second."""
    differs = {"reason": "disagreement", "did": f"route:{BILL}", "instead": f"route:{BUS}"}
    for text, more in {"power bill please": {}, "bus to guntur": {}, "bill bus": differs}.items():
        come(shelf, text, **more)
    sita = house.person("sita", "annotator", "editor")
    numbers = shelf_cards(sita, shelf)
    near = [Near("show", name, "x.yml:1", 0.9) for name in (BILL, BUS, PAY)]
    monkeypatch.setattr(Shelf, "nearest", lambda self, text: (near, ""))
    known, looks = shelf.services(), []
    monkeypatch.setattr(Shelf, "services", lambda self: looks.append(1) or known)
    cards = [f"/review/{part}/{number}" for part in ("card", "why") for number in numbers]
    pages = ("/review/services?find=bus", "/review/names", "/review/agreement")
    for page in ("/review", "/review/list", *cards, *pages):
        looks.clear()
        assert sita.get(page).status_code == 200
        assert looks == [1], page


def test_without_a_model_the_page_works_and_says_so(
    house: House, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    come(shelf, "power bill please")
    sita = house.person("sita", "annotator")
    [card] = shelf_cards(sita, shelf)

    def no_model(settings: object) -> object:
        raise FileNotFoundError("no model is live")

    monkeypatch.setattr(shelf_module, "_reader", no_model)
    shelf._load()
    page = sita.get(f"/review/why/{card}", headers=HTMX).text
    assert "No model, or no encoder" in page


def test_pages_of_all_cards(house: House, shelf: Shelf) -> None:
    sita = house.person("sita", "annotator")
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"]
    for first in words:
        for second in words[:6]:
            come(shelf, f"{first} {second}", reason="asked")
    shelf.review.filer.work()
    page = sita.get("/review/list").text
    assert page.count('<th scope="row">') == 50 and "To read (60)" in page
    more = re.search(r'href="(/review/list\?state=open&amp;after=[^"]+)"', page)
    assert more
    assert sita.get(html.unescape(more[1])).text.count('<th scope="row">') == 10
    assert sita.get("/review/list?state=nothing").status_code == 404
    assert sita.get("/review/list?after=x").status_code == 404
    assert sita.get("/review/card/999").status_code == 404
