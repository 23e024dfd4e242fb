"""The pages about models, on a registry with two small releases."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from api.console.models import jobs as pages
from nlu import registry
from nlu.training import job as module
from nlu.training.answers import Answered
from nlu.training.compare import Known, holdout_rows
from nlu.training.gate import judge
from nlu.training.job import Jobs
from nlu.training.metrics import Labelled, score
from tests.answered_models import (
    CANDIDATE,
    LIVE,
    PAY,
    VIEW,
    answer,
    answered_pair,
    catalogue,
    refusal,
)
from tests.console.conftest import House

SHORT = CANDIDATE.rpartition("-")[2]
KNOWN = Known(catalogue((VIEW, PAY)), catalogue((VIEW, PAY)))
WAITS = """
import json, os, sys, time
place = sys.argv[1]
def tell(**what):
    with open(place + "/progress.jsonl", "a") as out:
        out.write(json.dumps({"at": time.time(), **what}) + "\\n")
print("<b>it works</b>", flush=True)
tell(step="Training", share=0.25, seconds_left=180.0)
while not os.path.exists(place + "/go"):
    time.sleep(0.02)
tell(end="done", model="CANDIDATE", passed=True)
""".replace("CANDIDATE", CANDIDATE)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A live model, and a candidate that Lakshmi has trained on a terminal."""
    folder = tmp_path / "models"
    monkeypatch.setenv("SEVA_MODELS_DIR", str(folder))
    folder.mkdir()
    answered_pair(folder, monkeypatch)
    lineage = {"author": "Lakshmi Devi", "reason": "ration <i>cards</i>", "commit": "abc123def4+"}
    made = registry.read(folder / CANDIDATE)
    rows = [Labelled(f"a {n}", "te", VIEW) for n in range(9)]
    told = {
        "intent_ranking": [{"name": VIEW, "confidence": 0.9}],
        "decision": {"kind": "route", "options": [{"service": VIEW}]},
        "entities": [],
    }
    metrics = score(rows, [told] * 9, conversation=frozenset(), services=frozenset({VIEW}))
    registry.write(folder / CANDIDATE, replace(made, lineage=lineage, metrics=metrics))
    registry.promote(folder, LIVE)
    return folder


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job's process waits until it is told to go on."""
    monkeypatch.setattr(pages, "Jobs", partial(Jobs, command=(sys.executable, "-c", WAITS)))


@pytest.fixture(autouse=True)
def nothing_left(tmp_path: Path) -> Iterator[None]:
    """No process outlives its test."""
    yield
    jobs = Jobs(tmp_path / "jobs")
    last = jobs.latest()
    if last is not None:
        jobs.cancel(last.job.id, "the test")
    assert not jobs.running()


def until(found: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not found():
        assert time.monotonic() < ends, "it never happened"
        time.sleep(0.02)


def acts(house: House) -> list[str]:
    return [deed.act for deed in house.console.audit.all()]


# --- Looking ------------------------------------------------------------------------------------


def test_list_marks_the_live_model_and_tells_who_and_why(house: House, models: Path) -> None:
    page = house.person("Anita", "reader").get("/models")
    assert page.status_code == 200
    assert SHORT in page.text and "Lakshmi Devi" in page.text
    assert "ration &lt;i&gt;cards&lt;/i&gt;" in page.text
    live = re.search(r'<tr class="live">.*?</tr>', page.text, re.DOTALL)
    assert live and LIVE in live[0] and CANDIDATE not in live[0]
    assert "/models/train" not in page.text  # a reader only looks


def test_without_models_there_is_a_page(house: House, models: Path) -> None:
    import shutil

    for name in (LIVE, CANDIDATE, "live"):
        path = models / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    person = house.person("Anita", "releaser")
    for path in ("/models", "/models/compare", "/models/rollback", "/models/train", "/models/jobs"):
        assert person.get(path).status_code == 200, path


@pytest.mark.parametrize("language", ["en", "te", "hi"])
def test_page_of_a_model_in_each_language(house: House, models: Path, language: str) -> None:
    judge(models, CANDIDATE, LIVE)
    person = house.person("Anita", "releaser")
    house.console.accounts.speak(house.console.accounts.all()[0].id, language)
    page = person.get(f"/models/{CANDIDATE}")
    assert page.status_code == 200 and VIEW in page.text
    assert page.text.count("<svg") >= 2 and "abc123def" in page.text
    assert (
        house.console.pages.words.say("models.verdict_passed", language, {"live": LIVE})
        in page.text
    )
    assert person.get(f"/models/{LIVE}?all=1").status_code == 200  # scores of before


@pytest.mark.parametrize(
    "odd",
    [
        *("..%2f..%2fetc", "..", ".hidden", "%2e%2e", "nothing-here", "a" * 65, "live"),
        *("20261130%00", f"{LIVE}%2f..%2f{LIVE}", f"{LIVE}%5c.."),
    ],
)
def test_what_is_no_model_is_no_page(house: House, models: Path, odd: str) -> None:
    (models / ".hidden").mkdir()
    (models / ".hidden" / "manifest.json").write_text((models / LIVE / "manifest.json").read_text())
    person = house.person("Anita", "releaser")
    if odd not in ("..", "%2e%2e"):  # a browser goes to the folder above with these
        assert person.get(f"/models/{odd}").status_code == 404
        assert person.get(f"/models/{odd}/promote").status_code == 404
    assert person.get("/models/compare", params={"a": odd, "b": LIVE}).status_code == 404
    assert person.send("/models/compare", a=odd, b=LIVE).status_code in (404, 422)
    assert person.get(f"/models/jobs/{odd}").status_code in (200, 404)
    assert acts(house) == []


# --- Comparing ----------------------------------------------------------------------------------


def held_back(key: str, service: str) -> list[str]:
    return [r.text for r in holdout_rows(KNOWN) if (r.key, r.service) == (key, service)]


def test_every_message_that_changed_by_filter_and_page(house: House, models: Path) -> None:
    lost = [*held_back("te", VIEW), *held_back("en", VIEW)[:20]]
    moved = held_back("hi", PAY)[:3]
    wrong = {text: refusal(text) for text in lost}
    wrong |= {text: Answered(text, "route", (VIEW,), VIEW, 0.8) for text in moved}
    answer(models, CANDIDATE, KNOWN, wrong)
    judge(models, CANDIDATE, LIVE)
    person = house.person("Anita", "reader")
    pair = {"a": LIVE, "b": CANDIDATE}
    page = person.get("/models/compare", params=pair)
    assert page.status_code == 200 and "63 messages" in page.text
    assert page.text.count('class="message"') == 50 and "page=2" in page.text
    second = person.get("/models/compare", params={**pair, "page": "2"})
    assert second.text.count('class="message"') == 13
    some = person.get("/models/compare", params={**pair, "key": "hi", "service": PAY})
    assert some.text.count('class="message"') == 3 and f"<code>{VIEW}</code>" in some.text
    none = person.get("/models/compare", params={**pair, "change": "won"})
    assert 'class="message"' not in none.text
    for odd in ("0", "-1", "x", "99999999999999999999", "²"):
        assert person.get("/models/compare", params={**pair, "page": odd}).status_code in (200, 404)
    assert person.get("/models/compare", params={**pair, "page": "x"}).status_code == 404


def test_a_message_is_never_markup(house: House, models: Path) -> None:
    """A sentence of the catalogue may hold anything."""
    judge(models, CANDIDATE, LIVE)
    path = models / CANDIDATE / "report" / f"compare-{LIVE}.json"
    record = json.loads(path.read_text("utf-8"))
    told = {"kind": "route", "options": ["<script>o</script>"], "top": "", "sure": 1.0}
    evil = "<script>alert(1)</script>"
    row = {"text": evil, "key": evil, "meant": evil, "change": "lost"}
    record["changed"] = [{**row, "before": told, "after": told}]
    path.write_text(json.dumps(record), "utf-8")
    page = house.person("Anita", "reader").get(f"/models/compare?a={LIVE}&b={CANDIDATE}")
    assert "<script>alert" not in page.text and "&lt;script&gt;alert" in page.text


# --- Jobs ---------------------------------------------------------------------------------------


def test_a_training_is_started_watched_and_done(
    house: House, models: Path, tmp_path: Path, waits: None
) -> None:
    person = house.person("Anita", "releaser")
    done = person.send("/models/train", "/models/train", profile="fast", reason=" ration \n cards ")
    assert done.url.path.startswith("/models/jobs/"), done.text
    (state,) = Jobs(tmp_path / "jobs").all()
    assert (state.job.by, state.job.reason, state.job.profile) == ("Anita", "ration cards", "fast")
    until(lambda: "it works" in Jobs().log(state.job.id) and Jobs().latest().step != "")
    page = person.get(f"/models/jobs/{state.job.id}")
    assert "min left" in page.text and 'hx-trigger="every 2s"' in page.text
    assert "&lt;b&gt;it works" in page.text
    part = person.get(f"/models/jobs/{state.job.id}?poll=1", headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith('<div id="job"') and "<html" not in part.text
    again = person.send("/models/train", "/models", profile="fast", reason="more")
    assert "runs on this machine" in again.text  # said on the list of jobs
    assert len(Jobs().all()) == 1
    (tmp_path / "jobs" / state.job.id / "go").touch()
    until(lambda: not Jobs().running())
    page = person.get(f"/models/jobs/{state.job.id}")
    assert f"/models/{CANDIDATE}" in page.text and "hx-trigger" not in page.text
    assert acts(house) == ["models.train"]


def test_a_training_is_cancelled(house: House, models: Path, waits: None) -> None:
    person = house.person("Anita", "releaser")
    person.send("/models/train", "/models/train", profile="fast", reason="ration cards")
    job = Jobs().latest().job.id
    until(lambda: "it works" in Jobs().log(job))
    page = person.send(f"/models/jobs/{job}/cancel", f"/models/jobs/{job}")
    assert "Cancelled: Anita" in page.text
    assert sorted(acts(house)) == ["models.cancel", "models.train"]


def test_a_training_needs_a_reason_and_a_known_profile(
    house: House, models: Path, waits: None
) -> None:
    person = house.person("Anita", "releaser")
    page = person.send("/models/train", "/models/train", profile="fast", reason=" x ")
    assert page.status_code == 422 and 'role="alert"' in page.text
    page = person.send("/models/train", "/models/train", profile="--help", reason="why not")
    assert page.status_code == 422
    assert Jobs().latest() is None and acts(house) == []


def test_gate_and_comparison_are_jobs(house: House, models: Path, waits: None) -> None:
    person = house.person("Anita", "releaser")
    person.send(f"/models/{CANDIDATE}/gate", f"/models/{CANDIDATE}")
    (state,) = Jobs().all()
    assert (state.job.what, state.job.model) == ("gate", CANDIDATE)
    assert Jobs().cancel(state.job.id, "the test")
    page = person.get(f"/models/compare?a={LIVE}&b={CANDIDATE}")
    assert "were not compared yet" in page.text
    person.send("/models/compare", f"/models/compare?a={LIVE}&b={CANDIDATE}", a=LIVE, b=CANDIDATE)
    job = Jobs().latest().job
    assert (job.what, job.against, job.model) == ("compare", LIVE, CANDIDATE)


# --- Promotion ----------------------------------------------------------------------------------


def promote(house: House, models: Path, name: str, role: str = "releaser") -> int:
    """The status of an attempt, from a form that was made by hand."""
    person = house.person(name, role)
    sent = {"live": registry.live_id(models) or "", "reason": "ration cards are understood"}
    return int(person.send(f"/models/{CANDIDATE}/promote", "/models", **sent).status_code)


def test_a_second_person_promotes_and_it_is_kept(house: House, models: Path) -> None:
    judge(models, CANDIDATE, LIVE)
    assert promote(house, models, "Anita") == 200
    assert registry.live_id(models) == CANDIDATE
    (made,) = registry.changes(models)
    assert (made.by, made.gate, made.reason) == ("Anita", "passed", "ration cards are understood")
    (deed,) = house.console.audit.all()
    assert (deed.account, deed.act) == ("Anita", "models.promote")
    assert deed.about == {"model": CANDIDATE, "before": LIVE}


@pytest.mark.parametrize("name", ["Lakshmi Devi", "lakshmi  DEVI"])
def test_who_trained_does_not_promote(house: House, models: Path, name: str) -> None:
    judge(models, CANDIDATE, LIVE)
    assert promote(house, models, name) == 403
    assert registry.live_id(models) == LIVE and acts(house) == []


def test_who_trained_here_is_known_by_the_account(house: House, models: Path) -> None:
    """A name that was changed afterwards helps nobody."""
    judge(models, CANDIDATE, LIVE)
    person = house.person("Anita", "releaser")
    account = house.console.accounts.all()[0].id
    made = registry.read(models / CANDIDATE)
    lineage = {"author": "Somebody else", "account": account}
    registry.write(models / CANDIDATE, replace(made, lineage=lineage))
    page = person.get(f"/models/{CANDIDATE}/promote")
    assert "You trained this model" in page.text
    sent = {"live": LIVE, "reason": "ration cards"}
    assert person.send(f"/models/{CANDIDATE}/promote", "/models", **sent).status_code == 403


@pytest.mark.parametrize("role", ["reader", "annotator", "editor", "officer", "auditor"])
def test_other_roles_do_not_promote_train_or_go_back(house: House, models: Path, role: str) -> None:
    judge(models, CANDIDATE, LIVE)
    person = house.person("Anita", role)
    token_from = "/"
    for path, sent in (
        (f"/models/{CANDIDATE}/promote", {"live": LIVE, "reason": "ration cards"}),
        (f"/models/{CANDIDATE}/gate", {}),
        ("/models/train", {"profile": "fast", "reason": "ration cards"}),
        ("/models/compare", {"a": LIVE, "b": CANDIDATE}),
        ("/models/rollback", {"live": LIVE, "to": CANDIDATE, "reason": "ration cards"}),
    ):
        assert person.send(path, token_from, **sent).status_code == 403, path
    assert registry.live_id(models) == LIVE and Jobs().latest() is None


def test_what_the_gate_did_not_pass_is_not_promoted(house: House, models: Path) -> None:
    assert promote(house, models, "Anita") == 403  # it was not asked
    text = "How much is my electricity bill"
    answer(models, CANDIDATE, KNOWN, {text: refusal(text)})
    judge(models, CANDIDATE, LIVE)
    assert promote(house, models, "Ravi") == 403
    assert registry.live_id(models) == LIVE
    page = house.person("Sita", "releaser").get(f"/models/{CANDIDATE}/promote")
    assert "did not let it pass" in page.text and text in page.text


def test_a_page_of_another_live_model_promotes_nothing(house: House, models: Path) -> None:
    """The verdict is about the model that is live now."""
    judge(models, CANDIDATE, LIVE)
    person = house.person("Anita", "releaser")
    sent = {"live": "another", "reason": "ration cards"}
    page = person.send(f"/models/{CANDIDATE}/promote", "/models", **sent)
    assert "somebody else changed the live model" in page.text
    assert registry.live_id(models) == LIVE


def test_a_model_that_is_not_whole_is_not_promoted(house: House, models: Path) -> None:
    judge(models, CANDIDATE, LIVE)
    (models / CANDIDATE / registry.ARCHIVE).write_bytes(b"other")
    assert promote(house, models, "Anita") == 409
    assert registry.live_id(models) == LIVE and acts(house) == []


def test_a_promotion_needs_a_reason(house: House, models: Path) -> None:
    judge(models, CANDIDATE, LIVE)
    person = house.person("Anita", "releaser")
    path = f"/models/{CANDIDATE}/promote"
    assert person.send(path, path, live=LIVE, reason="").status_code == 422
    assert registry.live_id(models) == LIVE


def test_going_back_after_a_confirmation(house: House, models: Path) -> None:
    registry.promote(models, CANDIDATE)
    person = house.person("Lakshmi Devi", "releaser")
    page = person.get("/models/rollback")
    assert CANDIDATE in page.text and LIVE in page.text
    sent = {"live": CANDIDATE, "to": LIVE, "reason": "wrong bills"}
    page = person.send("/models/rollback", "/models/rollback", **sent)
    assert "is live again" in page.text and registry.live_id(models) == LIVE
    assert [(c.what, c.by, c.reason) for c in registry.changes(models)] == [
        ("rollback", "Lakshmi Devi", "wrong bills")
    ]
    assert acts(house) == ["models.rollback"]
    page = person.send("/models/rollback", "/models", **sent)  # the same form twice
    assert "somebody else changed" in page.text and registry.live_id(models) == LIVE


def test_where_models_are_only_read_nothing_is_begun(
    house: House, models: Path, monkeypatch: pytest.MonkeyPatch, waits: None
) -> None:
    """As in a container; root may write anywhere, so the answer of the system is a fake."""
    judge(models, CANDIDATE, LIVE)
    system = SimpleNamespace(access=lambda *_: False, W_OK=os.W_OK)
    monkeypatch.setattr("api.console.models.records.os", system)
    person = house.person("Anita", "releaser")
    assert "to be read only" in person.get("/models").text
    for path, sent in (
        ("/models/train", {"profile": "fast", "reason": "ration cards"}),
        (f"/models/{CANDIDATE}/promote", {"live": LIVE, "reason": "ration cards"}),
    ):
        assert "to be read only" in person.send(path, "/models/train", **sent).text
    assert Jobs().latest() is None and registry.live_id(models) == LIVE
    assert acts(house) == []


def test_forms_of_other_sites_do_nothing(house: House, models: Path) -> None:
    judge(models, CANDIDATE, LIVE)
    person = house.person("Anita", "releaser")
    for path in (f"/models/{CANDIDATE}/promote", "/models/train", "/models/rollback"):
        sent = {"live": LIVE, "reason": "ration cards", "profile": "fast", "to": LIVE}
        assert person.browser.post(path, data=sent).status_code == 403
    assert registry.live_id(models) == LIVE and module.Jobs().latest() is None
