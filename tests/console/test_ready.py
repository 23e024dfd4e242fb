"""Reviewed sentences become one change proposal; what was handed in is not offered again."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from api.console.catalogue.shelf import Room, room_of
from api.console.review.shelf import shelf_of
from api.inbox.review import Arrival, insert
from api.review.decision import SPLIT, Decision, Part, one
from api.review.item import Item
from api.review.state import ADJUDICATOR
from api.review.store import Review
from tests.changes.conftest import git
from tests.console.conftest import House, Person
from tests.console.test_catalogue import FILE, PAY, VIEW, both, data, source  # noqa: F401

NEW = {
    "te": "మీటరు [6123401005678](service_number) వాళ్ళకి ఈసారి బిల్లు కాగితం చేరిందా చూడన్నా",
    "te-Latn": "meetaru [6123401005678](service_number) kaagitham cherindaa ledaa chudu anna",
    "hi": "मीटर [6123401005678](service_number) का काग़ज़ पहुँचा कि नहीं देख भाई",
    "hi-Latn": "meter [6123401005678](service_number) ka kaagaz pahuncha ki nahi dekh bhai",
    "en": "did the paper for meter [6123401005678](service_number) ever get here, brother",
}
AT = "/review/ready"


@dataclass
class Desk:
    """A console over a small catalogue that was read, and an editor before it."""

    house: House
    room: Room
    review: Review
    data: Path
    editor: Person
    came: int = 0

    def decided(
        self,
        text: str,
        key: str,
        service: str = VIEW,
        *readers: str,
        decision: Decision | None = None,
    ) -> int:
        """The card of a message on which a reader decided."""
        self.came += 1
        name = f"wamid.{self.came}"
        plain = Part(text, service).plain
        item = Item(plain, key, "clarify", ((VIEW, 0.5), (PAY, 0.4)))
        arrival = Arrival(name, f"109:{name}", "asked", item.sealed())
        self.review.database.change(lambda db: insert(db, [arrival], db.now()))
        self.review.filer.work()
        [card] = self.review.page(0)
        for reader in readers or ("sita",):
            self.review.decide(card.number, reader, decision or one(text, service))
        return card.number

    def form(self, path: str = AT) -> dict[str, str]:
        return fields(self.editor.get(path))

    def send(self, sent: dict[str, str], **more: str) -> httpx.Response:
        given = {**sent, "step": "keep", "reason": "heard in the field", **more}
        return self.editor.browser.post(AT, data=given, follow_redirects=False)

    def handed_in(self, sent: dict[str, str]) -> str:
        """The proposal of a form."""
        answer = self.send(sent)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].rpartition("/")[2]


@pytest.fixture()
def desk(data: Path, house: House) -> Iterator[Desk]:  # noqa: F811
    room = room_of(house.console)
    room.wait()
    review = shelf_of(house.console).review
    review.filer._twice = 0
    yield Desk(house, room, review, data, house.person("Latha", "editor"))
    review.close()


def fields(page: httpx.Response) -> dict[str, str]:
    """What a browser would send of the form: ticked boxes, texts, hidden fields."""
    text = page.text.split(f'<form method="post" action="{AT}"')[-1]
    found = {}
    for tag in re.findall(r"<input [^>]*>", text):
        told = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
        if told.get("type") != "checkbox" or tag.endswith(" checked>"):
            found[told["name"]] = html.unescape(told.get("value", ""))
    for name, value in re.findall(
        r'<textarea [^>]*name="([^"]+)"[^>]*>\n(.*?)</textarea>', text, re.S
    ):
        found[name] = html.unescape(value)
    return found


def name_of(sent: dict[str, str], text: str) -> str:
    return next(
        name[5:] for name, value in sent.items() if name.startswith("text.") and value == text
    )


@both
def test_sentences_of_five_keys_become_one_proposal(desk: Desk) -> None:
    """Only new lines differ; author, reason and audit are those of any edit; nothing twice."""
    for key, text in NEW.items():
        desk.decided(text, key)
    desk.decided("the moon is made of cheese, is it", "en", "out_of_scope")
    before = (desk.data / FILE).read_bytes()
    page = desk.editor.get(AT)
    assert "Messages that wait: 6. Sentences on this page: 6." in page.text
    assert "See your electricity bill" in page.text
    proposal = desk.handed_in(fields(page))
    shown = desk.editor.get(f"/catalogue/changes/{proposal}")
    assert "heard in the field" in shown.text and "are handed in" in shown.text
    kept = desk.room.workshop.proposals.get(proposal)
    assert len(kept.changes) == 1 and kept.changes[0].author == "Latha" and len(kept.files) == 2
    added = []
    for change in desk.room.workshop.proposals.files(proposal):
        old, new = change.before.decode().split("\n"), change.after.decode().split("\n")
        rest = iter(new)
        assert all(line in rest for line in old)
        added += [line for line in new if line not in old]
    assert len(added) == 6 and all(any(text in line for line in added) for text in NEW.values())
    assert (desk.data / FILE).read_bytes() == before
    assert desk.room.workshop.check(proposal) == ()
    [deed] = [one for one in desk.house.console.audit.all() if one.act == "review.hand_in"]
    assert deed.about == {"proposal": proposal, "sentences": 6}
    assert "Nothing waits for the catalogue." in desk.editor.get(AT).text
    assert desk.send(desk.form()).status_code == 422
    assert len(desk.review.finished()) == 6  # export tells them still


@both
def test_what_is_discarded_comes_back_and_what_is_merged_does_not(desk: Desk) -> None:
    desk.decided(NEW["te"], "te")
    proposal = desk.handed_in(desk.form())
    assert "Nothing waits" in desk.editor.get(AT).text
    desk.room.workshop.proposals.discard(proposal)
    sent = desk.form()
    assert name_of(sent, NEW["te"]) and "Messages that wait: 1" in desk.editor.get(AT).text
    again = desk.handed_in(sent)
    kept = desk.room.workshop.proposals.get(again)
    if not kept.branch:
        return  # the folder without Git is shared, nothing is taken over there
    top = desk.data.parent
    git(top, "-c", "user.name=t", "-c", "user.email=t@x", "merge", "-q", "--no-ff", kept.branch)
    assert "Nothing waits" in desk.editor.get(AT).text
    git(top, "branch", "-D", kept.branch)
    assert "Nothing waits" in desk.editor.get(AT).text


def test_marks_readers_and_what_stands_in_the_way(desk: Desk) -> None:
    """What is learned, kept to measure, masked or twice is not ticked, and says so."""
    intents = desk.room.wait().base.catalogue.services
    learned, other, *_ = [u.text for u in intents[VIEW].utterances["en"] if not u.marks]
    measured = next(u.text for some in intents[VIEW].holdout.values() for u in some)
    key = next(k for k, some in intents[VIEW].holdout.items() if some)
    desk.review.filer._twice = 100
    desk.decided(NEW["hi"], "hi", VIEW, "sita", desk.house.console.accounts.all()[0].id)
    desk.review.filer._twice = 0
    desk.decided(learned, "en")
    desk.decided(measured, key, PAY)
    desk.decided("bill of XXXXXXXXX5678 came or not", "en")
    desk.decided(f"{other} sir", "en")
    page = desk.editor.get(AT)
    assert "sita, Latha" in page.text and "service_number" in page.text
    for words in (
        "It is learned already:",
        "kept to measure",
        "A number in it is masked",
        "Almost the same",
    ):
        assert words in page.text
    sent = fields(page)
    ticked = {name[3:] for name in sent if name.startswith("in.")}
    assert name_of(sent, NEW["hi"]) in ticked and name_of(sent, learned) not in ticked
    masked = name_of(sent, "bill of XXXXXXXXX5678 came or not")
    assert desk.send({**sent, f"in.{masked}": "1"}).status_code == 422
    assert desk.room.workshop.proposals.all() == []
    sent |= {f"in.{masked}": "1", f"text.{masked}": "bill of [6123401005678](service_number) came"}
    proposal = desk.handed_in(sent)
    after = desk.room.workshop.content(FILE, proposal)[0].decode()
    assert "bill of [6123401005678](service_number) came" in after and f"{other} sir" in after
    left = desk.form()
    assert name_of(left, learned) and len([n for n in left if n.startswith("text.")]) == 2
    assert desk.send(left, step="aside").status_code == 303
    assert "Nothing waits" in desk.editor.get(AT).text


def test_problems_stand_beside_the_sentence_and_nothing_is_kept(desk: Desk) -> None:
    desk.decided(NEW["te"], "te")
    desk.decided(NEW["en"], "en")
    sent = desk.form()
    te = name_of(sent, NEW["te"])
    answer = desk.send({**sent, f"text.{te}": "only English words here"})
    assert answer.status_code == 422 and "script of `te`" in answer.text
    assert "only English words here" in answer.text and "heard in the field" in answer.text
    answer = desk.send(sent, reason=" ")
    assert answer.status_code == 422 and "Say in a few words why" in answer.text
    none = {name: value for name, value in sent.items() if not name.startswith("in.")}
    answer = desk.send(none)
    assert answer.status_code == 422 and "Tick at least one sentence." in answer.text
    assert desk.room.workshop.proposals.all() == []
    evil = "<script>alert(1)</script>"
    answer = desk.send({**sent, f"text.{te}": evil}, reason=evil)
    assert evil not in answer.text and html.escape(evil) in answer.text


def test_a_split_waits_with_both_halves(desk: Desk) -> None:
    """One may be handed in while the other waits; an undone decision is not offered."""
    parts = (
        Part("did the meter paper ever come brother", VIEW),
        Part("and let me settle what i owe", PAY),
    )
    desk.decided("two things in one", "en", decision=Decision(SPLIT, parts))
    sent = desk.form()
    assert len([name for name in sent if name.startswith("text.")]) == 2
    second = name_of(sent, parts[1].text)
    del sent[f"in.{second}"]
    desk.handed_in(sent)
    left = desk.form()
    assert [name for name in left if name.startswith("text.")] == [f"text.{second}"]
    desk.review.undo("sita")
    assert "Nothing waits" in desk.editor.get(AT).text


def test_an_adjudicated_card_tells_who_decided(desk: Desk) -> None:
    desk.review.filer._twice = 100
    card = desk.decided(NEW["te"], "te")
    desk.review.decide(card, "ram", one(NEW["te"], PAY))
    assert "Nothing waits" in desk.editor.get(AT).text
    desk.review.decide(card, "gita", one(NEW["te"], VIEW), part=ADJUDICATOR)
    page = desk.editor.get(AT)
    assert "sita, gita" in page.text
    desk.handed_in(fields(page))


def test_only_editors_hand_in_and_only_from_their_own_form(desk: Desk) -> None:
    desk.decided(NEW["te"], "te")
    sent = desk.form()
    for role in ("reader", "annotator", "releaser", "officer", "auditor"):
        person = desk.house.person(role, role, departments=("energy",) if role == "officer" else ())
        assert person.get(AT).status_code == 403
        assert person.browser.post(AT, data=sent).status_code == 403
        if role != "officer" and role != "auditor":
            assert AT not in person.get("/review").text
    assert AT in desk.editor.get("/review").text
    without = {name: value for name, value in sent.items() if name != "form_token"}
    assert desk.send(without).status_code == 403
    for wrong in ("x", "-1", "1" * 30):
        assert desk.editor.get(AT, params={"after": wrong}).status_code == 404
    assert desk.send({**sent, "text.../x": "y"}, step="aside").status_code == 422
    assert desk.room.workshop.proposals.all() == []
