"""A model is tried beside the live one from its page: begun, watched and ended with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.console.models.candidate import Books, books_of
from api.console.review import shelf as shelf_module
from api.inbox import review
from api.review.item import Item
from nlu import registry
from nlu.storage.database import DatabaseAway
from tests.answered_models import CANDIDATE, LIVE, PAY, VIEW
from tests.console.conftest import House
from tests.console.test_models import acts, models

__all__ = ["models"]
PAGE = f"/models/{CANDIDATE}/shadow"


@pytest.fixture
def books(house: House, models: Path) -> Iterator[Books]:
    found = books_of(house.console)
    yield found
    for database in found.databases:
        database.close()


def count(books: Books, key: str, live: str, other: str, times: int) -> None:
    run = books.candidates.latest()
    assert run is not None
    books.databases[0].change(
        lambda db: (
            db.execute(
                "INSERT INTO shadow_counts (candidate, day, key, live, other, count) "
                "VALUES (?, '2026-11-30', ?, ?, ?, ?)",
                (run.number, key, live, other, times),
            ).rowcount
        )
    )


def test_a_releaser_begins_and_ends_it(house: House, books: Books) -> None:
    person = house.person("Anita", "releaser")
    assert "SEVA_SHADOW_PERCENT" in person.get(PAGE).text
    assert person.send(PAGE, PAGE, reason="  new   sentences ").status_code == 200
    candidate = books.candidates.current()
    assert candidate is not None and (candidate.model, candidate.live) == (CANDIDATE, LIVE)
    page = person.get(PAGE).text
    assert "Anita · new sentences" in page and f"{PAGE}/end" in page and "no message yet" in page
    assert "on trial" in person.get("/models").text
    assert person.send(f"{PAGE}/end", PAGE, reason="it asks too often").status_code == 200
    assert books.candidates.current() is None
    page = person.get(PAGE).text
    assert "Anita · it asks too often" in page and f"{PAGE}/end" not in page
    assert "on trial" not in person.get("/models").text
    assert acts(house) == ["models.shadow", "models.shadow_end"]


def test_only_a_releaser_may(house: House, books: Books) -> None:
    for role in ("reader", "editor"):
        person = house.person(f"a {role}", role)
        assert person.get(PAGE).status_code == 200
        assert 'name="reason"' not in person.get(PAGE).text
        assert person.send(PAGE, reason="because I can").status_code == 403
        assert person.send(f"{PAGE}/end", reason="because I can").status_code == 403
    assert books.candidates.latest() is None and acts(house) == []


def test_a_reason_is_wanted(house: House, books: Books) -> None:
    person = house.person("Anita", "releaser")
    for reason in ("", "  ", "ab", "x" * 301):
        answer = person.send(PAGE, PAGE, reason=reason)
        assert answer.status_code == 422 and "Write a reason" in answer.text
    assert books.candidates.latest() is None


def test_one_at_a_time_and_never_the_live_one(house: House, books: Books) -> None:
    person = house.person("Anita", "releaser")
    assert person.send(f"/models/{LIVE}/shadow", reason="why not").status_code == 403
    assert books.candidates.start("another", LIVE, "Ravi", "mine")
    assert "another" in person.get(PAGE).text
    answer = person.send(PAGE, PAGE, reason="new sentences")
    assert answer.status_code == 409 and "Another model is on trial" in answer.text
    assert person.send("/models/nothing-here/shadow", reason="new sentences").status_code == 404
    assert person.send("/models/nothing-here/shadow/end", reason="enough").status_code == 404
    assert person.get("/models/..%2fetc/shadow").status_code == 404


def test_half_a_model_is_refused(house: House, books: Books, models: Path) -> None:
    (models / CANDIDATE / registry.ARCHIVE).unlink()
    answer = house.person("Anita", "releaser").send(PAGE, PAGE, reason="new sentences")
    assert answer.status_code == 409 and "not whole" in answer.text
    assert books.candidates.latest() is None


def test_it_ends_when_another_model_is_live(house: House, books: Books, models: Path) -> None:
    person = house.person("Anita", "releaser")
    person.send(PAGE, PAGE, reason="new sentences")
    registry.promote(models, CANDIDATE)
    page = person.get(PAGE).text
    assert "another model was made live" in page and f"{PAGE}/end" not in page


@pytest.mark.parametrize("language", ["en", "te", "hi"])
def test_figures(
    house: House, books: Books, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fed = house.console.settings.but({"shadow_percent": 5.0})
    monkeypatch.setattr(house.console, "settings", fed)
    person = house.person("Anita", "releaser")
    house.console.accounts.speak(house.console.accounts.all()[0].id, language)
    person.send(PAGE, PAGE, reason="new sentences")
    same = f"route:{VIEW}"
    count(books, "te", same, same, 90)
    count(books, "te", same, f"route:{PAY}", 6)
    count(books, "hi-Latn", same, "clarify", 2)
    count(books, "hi-Latn", "out_of_scope", "conversation:greet", 1)
    count(books, "en", "clarify", "failed", 1)
    page = person.get(PAGE).text
    say = house.console.pages.words.say
    told = {"otherwise": "10", "seen": "100", "share": "10 %", "low": "5.5 %", "high": "17.4 %"}
    assert say("models.shadow_share", language, told) in page
    assert "SEVA_SHADOW_PERCENT" not in page
    assert page.count("hi-Latn") == 1 and "<code>greet</code>" in page
    for word in ("models.asks", "models.refuses", "models.shadow_failed"):
        assert say(word, language, {}) in page
    assert page.index(f"<code>{PAY}</code>") < page.index("<code>greet</code>")


def test_the_list_is_there_without_the_database(
    house: House, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> Any:
        raise DatabaseAway("gone")

    monkeypatch.setattr(type(books.candidates), "tend", away)
    assert house.person("Anita", "reader").get("/models").status_code == 200


@pytest.mark.parametrize("language", ["en", "te", "hi"])
def test_a_card_shows_both_decisions(
    house: House, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    from api.console.review.search import Search
    from api.review.decision import Targets
    from tests.console.test_review import SLOTS, FewServices, Words

    few = FewServices(Words, Targets(SLOTS), Search([]))  # type: ignore[arg-type]
    monkeypatch.setattr(shelf_module.Shelf, "services", lambda self: few)
    shelf = shelf_module.shelf_of(house.console)
    item = Item(
        *("power bill", "en", "route", ((VIEW, 0.9),)),
        model=LIVE,
        did=f"route:{VIEW}",
        instead="out_of_scope",
        instead_sure=0.62,
        instead_model="20261130-121500-<b>c",
    )
    database = shelf.review._databases[0]
    database.change(
        lambda db: review.keep(db, "shadow:1", "who", "2026-11-30", "disagreement", item.sealed())
    )
    person = house.person("Anita", "annotator")
    house.console.accounts.speak(house.console.accounts.all()[0].id, language)
    page = person.get("/review").text
    say = house.console.pages.words.say
    for word in ("did_live", "did_candidate", "did_out_of_scope", "reason_disagreement"):
        assert say(f"review.{word}", language, {}) in page, word
    assert "62 %" in page and "53bc66be" in page and "<b>c" not in page
    shelf.review.close()
