"""The catalogue's pages: search, a service, its forms, the proposals, and who may do what."""

from __future__ import annotations

import gc
import html
import json
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from api.console.catalogue.faults import kind_in, kinds
from api.console.catalogue.shelf import Room, room_of
from nlu.catalogue.marks import parse_marks
from nlu.changes.edits import AddSentence
from nlu.changes.proposal import Author, version_of
from nlu.quality.doubtful import DoubtfulSearch
from tests.changes.conftest import committed, git
from tests.console.conftest import House, Person
from tests.few_services import copied
from tests.processes import ROOT

VIEW, PAY = "electricity_bill_view", "electricity_bill_payment"
FILE = f"services/energy/{VIEW}.yml"
AT = f"/catalogue/services/{VIEW}"
TE, OK = f"{AT}/sentences/utterances/te", f"{AT}/words/replies.ok"
HOSTILE = "<script>a</script> \"కరెంటు\": {a: b} # & 'x' {{ 7*7 }} బిల్లు ఎంతో చెప్పండి చూపించండి బాబూ ఇప్పుడే"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's catalogue with two services, quick to read."""
    data = copied(tmp_path_factory.mktemp("few") / "data", (VIEW, PAY))
    for file in sorted((data / "conversation" / "out_of_scope").glob("*.yml"))[6:]:
        file.unlink()
    shutil.rmtree(data / "encoder", ignore_errors=True)
    return data


both = pytest.mark.parametrize("data", ["folder", "git"], indirect=True)


@pytest.fixture()
def data(
    request: pytest.FixtureRequest, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """That catalogue without Git, which no page ever writes in; or a copy in a repository."""
    data = source
    if getattr(request, "param", "folder") == "git":
        data = tmp_path / "work" / "data"
        shutil.copytree(source, data)
        committed(data)
    monkeypatch.setenv("SEVA_DATA_DIR", str(data))
    monkeypatch.setenv("SEVA_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("SEVA_CACHE_DIR", str(tmp_path / "cache"))
    return data


@dataclass
class Desk:
    """A console over that catalogue, which was read, and an editor before it."""

    house: House
    room: Room
    data: Path
    editor: Person

    def form(self, path: str) -> dict[str, str]:
        """The fields of a form as a browser sends them when nobody has written in it."""
        return fields(self.editor.get(path))

    def send(self, path: str, sent: dict[str, str]) -> httpx.Response:
        """Sends them from the browser of the editor."""
        return self.editor.browser.post(path, data=sent, follow_redirects=False)

    def kept(self, path: str, sent: dict[str, str], reason: str = "said at the counter") -> str:
        """The id of the proposal that a form made."""
        answer = self.send(path, {**sent, "step": "keep", "reason": reason})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].rpartition("/")[2]


@pytest.fixture()
def desk(data: Path, house: House) -> Iterator[Desk]:
    room = room_of(house.console)
    room.wait()
    yield Desk(house, room, data, house.person("Latha", "editor"))


def fields(page: httpx.Response) -> dict[str, str]:
    """What is in the last form of a page: hidden fields, text areas, one-line fields."""
    assert page.status_code in (200, 409, 422), page.text
    text = page.text.split('<form method="post" action="/catalogue')[-1]
    found = {}
    for tag in re.findall(r"<input [^>]*>", text):
        told = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if told.get("type") != "checkbox" and "name" in told:
            found[told["name"]] = html.unescape(told.get("value", ""))
    for name, value in re.findall(
        r'<textarea [^>]*name="([^"]+)"[^>]*>\n(.*?)</textarea>', text, re.S
    ):
        found[name] = html.unescape(value)
    return found


def test_others_read_pages_while_the_catalogue_is_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The collector walked over all services again and again, half a second each time, while
    nobody else ran; what was read is out of its view, and another catalogue too."""
    paused: list[bool] = []
    base = desk.room.workshop.base

    def read() -> object:
        paused.append(not gc.isenabled())
        return base()

    monkeypatch.setattr(desk.room.workshop, "base", read)
    monkeypatch.setattr(desk.room, "_state", None)
    gc.unfreeze()
    desk.room.shelf()
    desk.room.wait()
    assert desk.room._reader is not None
    desk.room._reader.result()
    assert paused == [True] and gc.isenabled() and gc.get_freeze_count() > 100_000


def test_services_are_found_in_any_script(desk: Desk) -> None:
    """By their names in three languages however they are typed, by id, by department."""
    for text in ("కరెంటు బిల్లు", "बिजली का बिल", "bijli", "karent billu", VIEW, "electricity bill"):
        page = desk.editor.get("/catalogue", params={"q": text})
        assert f'href="{AT}"' in page.text, text
    nothing = desk.editor.get("/catalogue", params={"q": "passport"})
    assert AT not in nothing.text and "Services found: 0" in nothing.text
    other = desk.editor.get("/catalogue", params={"department": "transport"})
    assert AT not in other.text


def test_a_service_page_shows_words_and_sentences(desk: Desk) -> None:
    """Titles, facts, replies, sentences per key; in the reader's language."""
    page = desk.editor.get(AT, params={"key": "hi"})
    assert "See your electricity bill" in page.text
    assert "बिजली का बिल" in page.text and "replies.ok" in page.text and "facts.fee" in page.text
    assert desk.editor.get(AT, params={"key": "xx"}).status_code == 404
    assert desk.editor.get("/catalogue/services/no_such").status_code == 404
    assert desk.editor.get("/catalogue/services/..%2f..%2fcheck").status_code == 404
    assert desk.editor.get(AT, params={"proposal": "../../x"}).status_code == 404


def test_whatsapp_cuts_and_shows_the_words(desk: Desk) -> None:
    """A reply in three languages; a long one becomes several messages; a menu becomes a list."""
    page = desk.editor.get(f"{AT}/whatsapp/replies.ok")
    assert page.text.count('class="bubble"') == 3
    token = fields(desk.editor.get(OK))["form_token"]
    headers = {"hx-request": "true", "x-form-token": token}
    long = {"text.en": "One sentence more. " * 400}
    part = desk.editor.browser.post(f"{AT}/whatsapp/replies.ok", data=long, headers=headers)
    assert "<html" not in part.text and "2 messages" in part.text
    menu = desk.editor.get(f"{AT}/whatsapp/menu")
    assert 'class="rows"' in menu.text or 'class="buttons"' in menu.text
    assert desk.editor.get(f"{AT}/whatsapp/operation").status_code == 404


@both
def test_a_sentence_is_tried_then_kept(desk: Desk) -> None:
    """Changed, taken out, added: the diff first, then one proposal; the folder stays as it is."""
    before = (desk.data / FILE).read_bytes()
    sent = desk.form(TE)
    sent |= {
        "text.0": HOSTILE,
        "new.0": "కొత్త వాక్యం: ఒకటి # 1",
    }
    sent["out.1"] = "1"
    tried = desk.send(TE, {**sent, "step": "try"})
    assert tried.status_code == 200
    assert "<script>a" not in tried.text and "&lt;script&gt;" in tried.text
    assert "కొత్త వాక్యం: ఒకటి # 1" in tried.text
    assert 'value="keep"' in tried.text
    again = fields(tried)
    assert again["text.0"] == sent["text.0"] and again["was.0"] == sent["was.0"]
    proposal = desk.kept(TE, {**again, "out.1": "1"})
    page = desk.editor.get(f"/catalogue/changes/{proposal}")
    assert "said at the counter" in page.text and "The change is kept." in page.text
    assert "<script>a" not in page.text
    assert (desk.data / FILE).read_bytes() == before
    change = desk.room.workshop.proposals.files(proposal)[0]
    old, new = before.decode().split("\n"), change.after.decode().split("\n")
    assert len(old) == len(new)
    assert len(set(old) - set(new)) == 2 and len(set(new) - set(old)) == 2
    patch = desk.editor.get(f"/catalogue/changes/{proposal}/patch")
    assert patch.headers["content-disposition"] == f'attachment; filename="{proposal}.patch"'
    assert "కొత్త వాక్యం: ఒకటి # 1" in patch.text
    assert [deed.act for deed in desk.house.console.audit.latest(9)] == ["catalogue.change"]
    if desk.room.workshop.proposals.get(proposal).branch:
        log = git(
            desk.data.parent, "log", "-1", "--format=%an %ae %s", f"catalogue-change/{proposal}"
        )
        account = desk.house.console.accounts.all()[0]
        assert log == f"Latha {account.id}@seva.invalid said at the counter\n"


def test_problems_stand_beside_their_field(desk: Desk) -> None:
    """As `seva check` says them; nothing is kept."""
    sent = desk.form(TE)
    sent |= {"text.2": "only English words here", "new.1": "x" * 5000}
    answer = desk.send(TE, {**sent, "step": "keep", "reason": "why"})
    assert answer.status_code == 422
    assert 'id="fault-new.1"' in answer.text and "at most 4096" in answer.text
    answer = desk.send(TE, {**sent, "new.1": "", "step": "keep", "reason": "why"})
    assert answer.status_code == 422
    assert "script of `te`" in answer.text and 'id="fault-text.2"' in answer.text
    assert f"data/{FILE}:" in answer.text and 'value="keep"' not in answer.text
    assert desk.room.workshop.proposals.all() == []


def test_words_are_changed_in_a_proposal_that_is_open(desk: Desk) -> None:
    """A reply, then a fact with its source, in one proposal; a reason is needed."""
    sent = desk.form(OK)
    sent["text.en"] = sent["text.en"].replace("Please pay", "Do pay")
    answer = desk.send(OK, {**sent, "step": "keep", "reason": " "})
    assert answer.status_code == 422 and "Say in a few words why" in answer.text
    proposal = desk.kept(OK, sent)
    fee = f"{AT}/words/facts.fee"
    sent = desk.form(f"{fee}?proposal={proposal}")
    assert sent["proposal"] == proposal
    sent |= {"text.en": "Nothing.", "read": "2026-12-01"}
    assert desk.kept(fee, sent, "asked at the counter") == proposal
    days = f"{AT}/words/facts.days"
    sent = desk.form(f"{days}?proposal={proposal}")
    sent |= {"text.te": "వెంటనే.", "text.hi": "तुरंत।", "text.en": "At once."}
    assert desk.kept(days, sent, "new fact") == proposal
    kept = desk.room.workshop.proposals.get(proposal)
    assert [c.reason for c in kept.changes] == [
        "said at the counter",
        "asked at the counter",
        "new fact",
    ]
    text = desk.room.workshop.content(FILE, proposal)[0].decode()
    assert "Do pay" in text and "read: 2026-12-01" in text and '  days:\n    te: "వెంటనే."' in text
    page = desk.editor.get(AT, params={"proposal": proposal})
    assert "At once." in page.text and "You see it as this proposal leaves it" in page.text
    assert "A change of this file waits already:" in desk.editor.get(AT).text
    wrong = {**desk.form(f"{OK}?proposal={proposal}"), "text.en": "{nobody} knows"}
    answer = desk.send(OK, {**wrong, "step": "try"})
    assert answer.status_code == 422 and "nothing fills" in answer.text


@both
def test_two_editors_meet_on_a_page_with_both_versions(desk: Desk) -> None:
    """The second one sees what the first made of the line; where the lines differ it fits still."""
    first = desk.form(TE)
    proposal = desk.kept(TE, {**first, "new.0": "కొత్త వాక్యం ఇదిగో"})
    one, two = desk.form(f"{TE}?proposal={proposal}"), desk.form(f"{TE}?proposal={proposal}")
    ravi = desk.house.person("Ravi", "editor")
    mine = ravi.browser.get(f"{TE}?proposal={proposal}")
    three = fields(mine)
    desk.kept(TE, {**one, "text.0": "మొదటి ఎడిటర్ వాక్యం"})
    answer = ravi.browser.post(
        TE, data={**three, "text.0": "రెండో ఎడిటర్ వాక్యం", "step": "keep", "reason": "why"}
    )
    assert answer.status_code == 409
    for text in ("మొదటి ఎడిటర్ వాక్యం", "రెండో ఎడిటర్ వాక్యం", html.escape(two["was.0"], quote=False)):
        assert text in answer.text
    assert "Both of you changed the same lines" in answer.text
    answer = desk.send(TE, {**two, "text.3": "వేరే వరుస మారింది", "step": "keep", "reason": "why"})
    assert answer.status_code == 409 and "Your lines are as you saw them" in answer.text
    again = fields(answer)
    assert again["version"] != two["version"] and again["text.3"] == "వేరే వరుస మారింది"
    again["text.0"] = again["was.0"] = "మొదటి ఎడిటర్ వాక్యం"
    desk.kept(TE, again)
    text = desk.room.workshop.content(FILE, proposal)[0].decode()
    assert "మొదటి ఎడిటర్ వాక్యం" in text and "వేరే వరుస మారింది" in text


@both
def test_a_proposal_is_checked_whole_and_discarded(desk: Desk) -> None:
    """The page says what the whole check found; what is discarded takes nothing more."""
    proposal = desk.kept(TE, {**desk.form(TE), "new.0": "కొత్త వాక్యం ఇదిగో"})
    page = f"/catalogue/changes/{proposal}"
    sent = {"form_token": desk.form(TE)["form_token"]}
    assert desk.send(f"{page}/check", sent).status_code == 303
    desk.room.check(proposal).result()
    assert "The whole catalogue is valid with this change." in desk.editor.get(page).text
    assert desk.send(f"{page}/discard", sent).status_code == 303
    listed = desk.editor.get("/catalogue/changes").text
    assert "discarded" in listed and proposal in listed
    assert desk.editor.get(f"{TE}?proposal={proposal}").status_code == 404
    assert desk.send(f"{page}/discard", sent).status_code == 404
    for wrong in ("20261130-120000-abcd", "..%2f..%2fx", "HEAD"):
        assert desk.editor.get(f"/catalogue/changes/{wrong}").status_code == 404
        assert desk.editor.get(f"/catalogue/changes/{wrong}/patch").status_code == 404


@pytest.mark.parametrize("data", ["git"], indirect=True)
def test_another_person_takes_a_proposal_over(desk: Desk) -> None:
    """After the whole check, and not who wrote it; then it is part of the catalogue."""
    proposal = desk.kept(TE, {**desk.form(TE), "new.0": "కొత్త వాక్యం ఇదిగో"})
    page, before = f"/catalogue/changes/{proposal}", (desk.data / FILE).read_text("utf-8")
    ravi = desk.house.person("Ravi", "releaser")
    early = ravi.send(f"{page}/take", page)
    assert early.status_code == 409 and "the whole check did not pass yet" in early.text
    assert ravi.send(f"{page}/check", page).status_code == 200
    desk.room.check(proposal).result()
    own = desk.editor.get(page).text
    assert "Somebody who did not write this change" in own and f"{page}/take" not in own
    mine = {"form_token": desk.form(TE)["form_token"]}
    assert desk.send(f"{page}/take", mine).status_code == 403
    assert (desk.data / FILE).read_text("utf-8") == before
    assert f'action="{page}/take"' in ravi.get(page).text
    answer = ravi.send(f"{page}/take", page)
    assert "The change is part of the catalogue." in answer.text and "taken over" in answer.text
    lines = (desk.data / FILE).read_text("utf-8").splitlines()
    assert [line for line in lines if line not in before.splitlines()] == ['    - "కొత్త వాక్యం ఇదిగో"']
    assert ravi.send(f"{page}/take", page).status_code == 404
    acts = [(one.account, one.act) for one in desk.house.console.audit.all()]
    assert ("Ravi", "catalogue.take_over") in acts


def test_who_may_only_read_changes_nothing(desk: Desk) -> None:
    """Forms are closed to readers, pages to officers; a form of another session is refused."""
    reader = desk.house.person("Reader", "reader")
    assert reader.get("/catalogue").status_code == 200
    page = reader.get(AT)
    assert page.status_code == 200 and "Change these sentences" not in page.text
    assert reader.get(TE).status_code == 403
    sent = desk.form(TE)
    for path in (TE, OK, "/catalogue/doubtful", "/catalogue/changes/20261130-120000-abcd/discard"):
        assert reader.browser.post(path, data=sent).status_code == 403
    officer = desk.house.person("Officer", "officer", departments=("energy",))
    assert officer.get("/catalogue").status_code == 403
    without = {name: value for name, value in sent.items() if name != "form_token"}
    assert desk.send(TE, {**without, "step": "keep", "reason": "x"}).status_code == 403
    assert desk.room.workshop.proposals.all() == []


@both
def test_an_author_cannot_write_into_the_commit(desk: Desk) -> None:
    """A name or a reason with line ends and trailers is one line of text."""
    store = desk.room.workshop
    content, version = store.content(FILE)
    edits = [AddSentence("utterances", "te", "కొత్త వాక్యం ఇదిగో")]
    tried = store.attempt(FILE, version, edits)
    assert version == version_of(content)
    author = Author("Eve\nSeva-Proposal: 20261130-120000-abcd", "eve@x")
    reason = "fine\n\nSeva-Proposal: 20261130-120000-abcd"
    kept = store.keep(tried, edits, author, reason)
    assert kept.title == "fine Seva-Proposal: 20261130-120000-abcd"
    assert [one.id for one in store.proposals.all()] == [kept.id]


TALK_TE = {
    "greet": ("conversation/greet.yml", "నమస్తే బాబూ, కొత్తగా రాస్తున్నా"),
    "out_of_scope.abuse": ("conversation/out_of_scope/abuse.yml", "నువ్వు ఎందుకూ పనికిరాని బొమ్మవి"),
    "small_talk.emoji": ("talk/small_talk.yml", "🪷🪷🪷 మంచిది"),
}


def test_what_is_said_to_seva_itself_is_listed(desk: Desk) -> None:
    page = desk.editor.get("/catalogue/talk").text
    for place in TALK_TE:
        assert f'href="/catalogue/talk/{place}"' in page
    assert 'id="out_of_scope"' in page and page.count('id="out_of_scope"') == 1
    assert "Tell me what you need." in page  # the reply to an emoji
    assert 'href="/catalogue/talk"' in desk.editor.get("/catalogue").text


@pytest.mark.parametrize("place", TALK_TE)
def test_a_page_of_talk_shows_sentences_and_only_its_own_lists(desk: Desk, place: str) -> None:
    page = desk.editor.get(f"/catalogue/talk/{place}", params={"key": "te"})
    assert page.status_code == 200 and f"data/{TALK_TE[place][0]}" in page.text
    first = desk.form(f"/catalogue/talk/{place}/sentences/utterances/te")["text.0"]
    assert html.escape(first, quote=False) in page.text
    held = desk.editor.get(f"/catalogue/talk/{place}", params={"part": "holdout"})
    assert held.status_code == (404 if place.startswith("small_talk") else 200)
    for wrong in ("no_such", "small_talk", "..%2fcheck", "greet/sentences/utterances/xx"):
        assert desk.editor.get(f"/catalogue/talk/{wrong}").status_code == 404


@both
@pytest.mark.parametrize("place", TALK_TE)
def test_sentences_of_talk_are_changed_in_their_lines_only(desk: Desk, place: str) -> None:
    """Changed, taken out and added, among other intents of the same file; the folder stays."""
    file, new = TALK_TE[place]
    form = f"/catalogue/talk/{place}/sentences/utterances/te"
    before = (desk.data / file).read_bytes()
    sent = desk.form(form)
    sent |= {"text.0": f"{new} ఒకటి", "new.0": f"{new} రెండు", "out.1": "1"}
    tried = desk.send(form, {**sent, "step": "try"})
    assert tried.status_code == 200 and 'value="keep"' in tried.text, tried.text
    proposal = desk.kept(form, sent)
    change = desk.room.workshop.proposals.files(proposal)[0]
    old, after = before.decode().split("\n"), change.after.decode().split("\n")
    assert len(old) == len(after)
    assert len(set(after) - set(old)) == 2 and change.name == file
    page = desk.editor.get(f"/catalogue/talk/{place}", params={"key": "te", "proposal": proposal})
    assert f"{new} రెండు" in page.text and "You see it as this proposal leaves it" in page.text
    assert "/catalogue/talk" in desk.editor.get(f"/catalogue/changes/{proposal}").text
    assert (desk.data / file).read_bytes() == before


def test_talk_is_checked_as_services_are(desk: Desk) -> None:
    """A sentence in another script, and one that stands in a service: beside its field."""
    form = "/catalogue/talk/small_talk.emoji/sentences/utterances/te"
    taken = desk.form(TE)["text.3"]
    sent = {**desk.form(form), "text.1": "only English here", "new.0": taken}
    answer = desk.send(form, {**sent, "step": "keep", "reason": "why"})
    assert answer.status_code == 422 and desk.room.workshop.proposals.all() == []
    assert 'id="fault-text.1"' in answer.text and "script of `te`" in answer.text
    assert 'id="fault-new.0"' in answer.text, answer.text


def test_two_editors_of_one_talk_file(desk: Desk) -> None:
    """Two intents of a file are edited at a time: the second sees that it fits still."""
    one = "/catalogue/talk/small_talk.emoji/sentences/utterances/te"
    others = [
        p
        for p in re.findall(
            r"/catalogue/talk/(small_talk[.][a-z_]+)", desk.editor.get("/catalogue/talk").text
        )
    ]
    other = next(p for p in others if p != "small_talk.emoji")
    two = f"/catalogue/talk/{other}/sentences/utterances/te"
    proposal = desk.kept(one, {**desk.form(one), "new.0": "🪷🪷 మొదటిది"})
    first, second = desk.form(f"{one}?proposal={proposal}"), desk.form(f"{two}?proposal={proposal}")
    desk.kept(one, {**first, "new.0": "🪷🪷🪷🪷 రెండోది"})
    answer = desk.send(two, {**second, "new.0": "కొత్త మాట ఇదిగో బాబూ", "step": "keep", "reason": "why"})
    assert answer.status_code == 409 and "Your lines are as you saw them" in answer.text
    desk.kept(two, fields(answer))
    text = desk.room.workshop.content("talk/small_talk.yml", proposal)[0].decode()
    assert "రెండోది" in text and "కొత్త మాట ఇదిగో బాబూ" in text


def test_readers_see_talk_and_change_nothing(desk: Desk) -> None:
    reader = desk.house.person("Reader", "reader")
    page = reader.get("/catalogue/talk/greet")
    assert page.status_code == 200 and "Change these sentences" not in page.text
    form = "/catalogue/talk/greet/sentences/utterances/te"
    assert reader.get(form).status_code == 403
    assert reader.browser.post(form, data=desk.form(form)).status_code == 403


def test_a_doubted_sentence_leads_to_a_page_that_is_there(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another intent may be talk, which has no page of a service."""
    text = parse_marks(desk.form(TE)["text.0"])[0]
    said = {"intent": VIEW, "key": "te", "text": text}
    doubt = {**said, "probability": 0.1, "other": "out_of_scope", "other_probability": 0.8}
    twin = {"one": said, "two": {"intent": "greet", "key": "te", "text": "నమస్తే"}}
    told = json.dumps({"labels": [doubt], "twins": [twin]}).encode()
    search = DoubtfulSearch(desk.data.parent, lambda _: told)
    monkeypatch.setattr(desk.room, "search", search)
    search.begin(desk.data, "hash")
    while search.state == "running":
        time.sleep(0.01)
    page = desk.editor.get(AT, params={"key": "te"}).text
    assert 'href="/catalogue/talk#out_of_scope"' in page and 'href="/catalogue/talk#greet"' in page
    greet = desk.editor.get("/catalogue/talk/greet", params={"key": "te"}).text
    assert f'href="{AT}"' in greet  # its twin, from the other side


@pytest.mark.parametrize(("language", "told"), [("te", "లిపిలో"), ("hi", "लिपि"), ("en", "")])
def test_the_kind_of_a_fault_is_told_in_the_readers_language(
    desk: Desk, language: str, told: str
) -> None:
    account = desk.house.console.accounts.all()[0]
    desk.house.console.accounts.speak(account.id, language)
    answer = desk.send(TE, {**desk.form(TE), "text.2": "only English words", "step": "try"})
    assert answer.status_code == 422 and "script of `te`" in answer.text
    marked = re.findall(r'<strong lang="(..)">([^<]+)</strong>', answer.text)
    assert bool(marked) is bool(told)
    assert all(lang == language and told in words for lang, words in marked)


def test_every_kind_of_fault_is_one_that_the_check_tells() -> None:
    """The messages are those of the rules: what no rule says any more has no entry."""
    places = ("nlu/catalogue", "nlu/changes")
    files = [file for place in places for file in sorted((ROOT / place).rglob("*.py"))]
    source = "\n".join(file.read_text("utf-8") for file in files)
    for kind in kinds():
        for said in kind.says.pattern.split("|"):
            assert said.removeprefix("^") in source, said
        assert set(kind.words) == {"te", "hi"}


def test_words_in_quotes_tell_no_kind() -> None:
    """A sentence may say anything."""
    told = kind_in("te")
    assert told("`this must be unknown` is also an utterance of x (a.yml:3)") == told("is both")
    assert told("`is written twice` cannot be") == ""
