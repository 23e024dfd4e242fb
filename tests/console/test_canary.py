"""The pages of the canary: who may set and end it, and how it does."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest

from api.console.models.canary_figures import FAILED, OBJECTED, TURNS, Counts, Row, figures, since
from api.console.models.records import Registry
from api.console.runtime import Console
from nlu import canary, canary_pointer, registry
from nlu.canary_pointer import Canary
from nlu.daily_counts import FILE, DailyCounts, ModelKey, day_number
from nlu.lineage import Change
from nlu.training.gate import judge
from nlu.training.metrics import wilson
from tests.answered_models import CANDIDATE, LIVE, answer, refusal
from tests.console.conftest import House
from tests.console.test_models import KNOWN, acts, models

__all__ = ["models"]
SENT = {"live": LIVE, "percent": "5", "reason": "ration cards are understood"}
SHARES = {"te": 40, "te-Latn": 30, "hi": 20, "hi-Latn": 12, "en": 8}


def begin(house: House, name: str, role: str = "releaser", **sent: str) -> int:
    """The status of an attempt, from a form that was made by hand."""
    person = house.person(name, role)
    return int(person.send(f"/models/{CANDIDATE}/canary", "/", **{**SENT, **sent}).status_code)


def test_a_second_person_sets_a_canary_and_it_is_kept(house: House, models: Path) -> None:
    judge(models, CANDIDATE, LIVE)
    person = house.person("Anita", "releaser")
    assert f"/models/{CANDIDATE}/canary" in person.get(f"/models/{CANDIDATE}").text
    page = person.send(f"/models/{CANDIDATE}/canary", f"/models/{CANDIDATE}/canary", **SENT)
    assert page.status_code == 200 and "It is the canary" in page.text
    assert canary_pointer.read(models) == Canary(CANDIDATE, 5)
    assert registry.live_id(models) == LIVE
    (made,) = registry.changes(models)
    assert (made.what, made.by, made.gate) == ("canary", "Anita", "passed")
    assert (made.percent, made.reason) == (5, "ration cards are understood")
    (deed,) = house.console.audit.all()
    assert (deed.account, deed.act) == ("Anita", "models.canary")
    assert deed.about == {"model": CANDIDATE, "live": LIVE, "percent": 5}
    listed = person.get("/models").text
    assert f"{CANDIDATE} answers 5 % of the citizens" in listed
    assert "made the canary of 5 % of the citizens" in listed


def test_its_share_is_changed_and_it_is_ended(house: House, models: Path) -> None:
    judge(models, CANDIDATE, LIVE)
    person = house.person("Anita", "releaser")
    for percent in ("0.5", "12,5"):
        person.send(f"/models/{CANDIDATE}/canary", "/", **{**SENT, "percent": percent})
    assert canary_pointer.read(models) == Canary(CANDIDATE, 12.5)
    sent = {"canary": CANDIDATE, "reason": "wrong bills"}
    page = person.send("/models/canary/end", "/models/canary", **{**sent, "reason": ""})
    assert page.status_code == 422 and 'role="alert"' in page.text
    page = person.send("/models/canary/end", "/models/canary", **sent)
    assert "There is no canary" in page.text and canary_pointer.read(models) is None
    last = registry.changes(models)[-1]
    assert (last.what, last.by, last.reason) == ("end_canary", "Anita", "wrong bills")
    assert sorted(acts(house)) == ["models.canary", "models.canary", "models.end_canary"]
    again = person.send("/models/canary/end", "/models", **sent)  # the same form twice
    assert "somebody else changed or ended" in again.text


@pytest.mark.parametrize("percent, shown", [(None, "5"), (0.0, "0"), (12.5, "12.5")])
def test_the_form_shows_the_share_that_it_has(
    house: House, models: Path, percent: float | None, shown: str
) -> None:
    """Also none at all: such a canary answers calls that ask for it, and keeps doing only that."""
    judge(models, CANDIDATE, LIVE)
    if percent is not None:
        canary_pointer.write(models, Canary(CANDIDATE, percent))
    page = house.person("Anita", "releaser").get(f"/models/{CANDIDATE}/canary").text
    assert re.search(rf'name="percent"[^>]* value="{shown}"', page)


@pytest.mark.parametrize("percent", ["0", "-1", "100.1", "nan", "1e1", "", "५", "5%"])
def test_an_odd_share_is_refused(house: House, models: Path, percent: str) -> None:
    judge(models, CANDIDATE, LIVE)
    assert begin(house, "Anita", percent=percent) == 422
    assert begin(house, "Ravi", reason=" x ") == 422
    assert canary_pointer.read(models) is None and acts(house) == []


@pytest.mark.parametrize("name", ["Lakshmi Devi", "lakshmi  DEVI"])
def test_who_trained_does_not_set_it(house: House, models: Path, name: str) -> None:
    judge(models, CANDIDATE, LIVE)
    person = house.person(name, "releaser")
    assert person.send(f"/models/{CANDIDATE}/canary", "/", **SENT).status_code == 403
    page = person.get(f"/models/{CANDIDATE}/canary")
    assert "You trained this model" in page.text
    assert canary_pointer.read(models) is None and acts(house) == []


@pytest.mark.parametrize("role", ["reader", "annotator", "editor", "officer", "auditor"])
def test_other_roles_neither_set_nor_end_it(house: House, models: Path, role: str) -> None:
    judge(models, CANDIDATE, LIVE)
    canary.begin(models, CANDIDATE, 5)
    assert begin(house, "Anita", role, percent="50") == 403
    sent = {"canary": CANDIDATE, "reason": "wrong bills"}
    assert house.person("Ravi", role).send("/models/canary/end", "/", **sent).status_code == 403
    assert canary_pointer.read(models) == Canary(CANDIDATE, 5) and acts(house) == []


def test_what_the_gate_did_not_pass_is_no_canary(house: House, models: Path) -> None:
    assert begin(house, "Anita") == 403  # it was not asked
    text = "How much is my electricity bill"
    answer(models, CANDIDATE, KNOWN, {text: refusal(text)})
    judge(models, CANDIDATE, LIVE)
    assert begin(house, "Ravi") == 403
    assert begin(house, "Sita", live="another") == 200  # and is told to look again
    assert canary_pointer.read(models) is None and acts(house) == []


def test_a_model_that_is_not_whole_is_no_canary(house: House, models: Path) -> None:
    judge(models, CANDIDATE, LIVE)
    (models / CANDIDATE / registry.ARCHIVE).write_bytes(b"other")
    assert begin(house, "Anita") == 409
    assert canary_pointer.read(models) is None and acts(house) == []


def test_forms_of_other_sites_set_and_end_nothing(house: House, models: Path) -> None:
    judge(models, CANDIDATE, LIVE)
    person = house.person("Anita", "releaser")
    sent = {**SENT, "canary": CANDIDATE}
    for path in (f"/models/{CANDIDATE}/canary", "/models/canary/end"):
        assert person.browser.post(path, data=sent).status_code == 403
    assert canary_pointer.read(models) is None


def test_a_pointer_that_cannot_be_read_leaves_the_pages_standing(
    house: House, models: Path
) -> None:
    (models / canary_pointer.FILE).write_text('{"id": ', "utf-8")
    person = house.person("Anita", "releaser")
    for path in ("/models", "/models/canary", f"/models/{CANDIDATE}"):
        assert person.get(path).status_code == 200


# --- Figures ------------------------------------------------------------------------------------


def counted(console: Console, now: float) -> None:
    """A day of both models; the canary hands over twice."""
    zone = console.settings.zone
    day = day_number(datetime.fromtimestamp(now, zone).date())
    counts = DailyCounts(console.settings.table_url(FILE))
    for model, times in ((LIVE, 10), (CANDIDATE, 1)):
        for key, share in SHARES.items():
            counts.add({ModelKey("turns", day, model, key, "route"): (share * times, 0)})
            counts.add({ModelKey("turns", day, model, key): (share * times, 0)})
        counts.add({ModelKey("turns", day, model, "te", "clarify"): (10 * times, 0)})
        counts.add({ModelKey("to_person", day, model, "te", "asked_for"): (2 * times, 0)})
    counts.add({ModelKey("turns", day - 40, LIVE, "te", "route"): (5000, 0)})
    counts.close()


@pytest.mark.parametrize("language", ["en", "te", "hi"])
def test_both_models_stand_side_by_side_in_each_language(
    house: House, models: Path, language: str
) -> None:
    counted(house.console, house.clock())
    canary.begin(models, CANDIDATE, 10, "ration cards", "Anita")
    person = house.person("Anita", "reader")
    house.console.accounts.speak(house.console.accounts.all()[0].id, language)
    page = person.get("/models/canary")
    assert page.status_code == 200
    say = house.console.pages.words.say
    assert say("models.canary_figures_hint", language, {}) in page.text
    row = re.search(
        re.escape(say("models.canary_clarify", language, {})) + r".*?</tr>", page.text, re.DOTALL
    )
    assert row and ">100<" in row[0] and ">10<" in row[0] and row[0].count("8.3 %") >= 2
    assert "<svg" in row[0] and "/models/canary/end" not in page.text  # a reader only looks
    for key in SHARES:
        assert f"<code>{key}</code>" in page.text
    handed = re.search(
        re.escape(say("models.canary_to_person", language, {})) + r".*?</tr>", page.text, re.DOTALL
    )
    assert handed and "&lt;5" in handed[0] and ">20<" in handed[0] and "<svg" not in handed[0]


def test_without_a_canary_there_is_a_page(house: House, models: Path) -> None:
    page = house.person("Anita", "reader").get("/models/canary")
    assert page.status_code == 200 and "There is no canary" in page.text


def row(counts: Counts, name: str) -> Row:
    return next(one for one in figures(counts, "a", "b").rows if one.name == name)


def test_shares_have_intervals_of_wilson() -> None:
    counts = {
        ("a", TURNS, "te", "route"): 900,
        ("a", TURNS, "te", "clarify"): 100,
        ("b", TURNS, "te", "route"): 45,
        ("b", TURNS, "te", "clarify"): 5,
        ("b", OBJECTED, "te", "not_this"): 6,
    }
    asked = row(counts, "clarify")
    assert (asked.live.share, asked.canary.share) == (0.1, 0.1)
    assert asked.live.interval == wilson(100, 1000) and asked.canary.interval == wilson(5, 50)
    assert asked.canary.interval[1] > asked.live.interval[1]
    assert row(counts, OBJECTED).canary.share == 6 / 50
    assert FAILED not in {one.name for one in figures(counts, "a", "b").rows}


def test_nobody_computes_back_what_is_hidden() -> None:
    """Of a kind that came twice neither the number nor its share is told, nor that of the smallest
    other one."""
    counts = {
        ("b", TURNS, "te", "route"): 60,
        ("b", TURNS, "hi", "route"): 2,
        ("b", TURNS, "te", "clarify"): 2,
        ("b", TURNS, "en", "out_of_scope"): 9,
    }
    asked, refused = row(counts, "clarify").canary, row(counts, "out_of_scope").canary
    assert (asked.shown, asked.told, refused.shown, refused.told) == ("<5", "", "–", "")
    keys = {one.name: one.canary for one in figures(counts, "a", "b").keys}
    assert keys["hi"].shown == "<5" and keys["hi"].told == ""
    few = figures({("b", TURNS, "te", "route"): 3}, "a", "b")
    assert few.turns.canary.shown == "<5"
    assert {one.canary.shown for one in few.rows} <= {"<5", "–"}


def test_it_counts_from_when_both_models_answered() -> None:
    def told(*changes: tuple[str, str, int]) -> float | None:
        made = [Change(id, what, f"2026-11-30T10:00:{at:02}+00:00", "") for id, what, at in changes]
        found = since(Registry("live", (), tuple(reversed(made))), "c")
        return None if found is None else found % 60

    assert told() is None
    assert told(("live", "promote", 1), ("c", "canary", 2), ("c", "canary", 3)) == 2
    assert told(("c", "canary", 2), ("live", "promote", 5)) == 5
    assert told(("c", "canary", 2), ("c", "end_canary", 3), ("c", "canary", 4)) == 4
    assert told(("c", "canary", 2), ("x", "canary", 3), ("c", "canary", 4)) == 4
    ended = ("c", "canary", 2), ("c", "promote", 3), ("live", "rollback", 4), ("c", "canary", 6)
    assert told(*ended) == 6
