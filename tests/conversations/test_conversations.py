"""Every conversation of `cases/*.yml`, turn by turn, in all five keys.

A turn says something (`say`), maybe by `voice` (true, or in the language that it was heard in) or
with `media` or a `location`, or taps an offered button by the value in its id (`tap`), also one
`of` an earlier turn by its number. It may come so many `hours` after the turn before it, may switch
a department's fault first (`fault`), and states what the reply must hold (`contains`), one of which
it must hold (`any`), what it must not hold (`lacks`), its main script (`script`), how many options
it offers (`options`), services or values that some button stands for, or words of its title
(`offers`), whether it has a button that leads elsewhere, as to pay (`link`), or the bot's phrase
that it is (`phrase`, from data/phrases.yml). What of a reply fits the pattern `keep` is {kept} in
the turns that follow. A reply is one bubble unless `bubbles` says how many it may have. `phone` of
a case is the number that it is written from, if not the one that departments have on record.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from nlu.catalogue import shared_catalogue
from nlu.fast_yaml import load_yaml
from nlu.speech.transcript import Reading
from nlu.text import shares
from nlu.turn import Location, Media
from tests.conversations.conftest import World
from tests.processes import ROOT

pytestmark = pytest.mark.may_take(900, "starts every process")

CASES = [
    pytest.param(case, id=f"{path.stem}:{case['name']}")
    for path in sorted((Path(__file__).parent / "cases").glob("*.yml"))
    for case in load_yaml(path.read_text("utf-8"))
]
PHRASES = shared_catalogue(ROOT / "data").phrases


@pytest.mark.parametrize("case", CASES)
def test_conversation(
    world: World,
    case: dict[str, Any],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sender = request.node.callspec.id
    offered: list[Any] = []
    earlier: list[list[Any]] = []
    kept = ""
    for number, told in enumerate(case["turns"]):
        turn = _with_kept(told, kept)
        if "fault" in turn:
            world.fault(*turn["fault"])
        if "hours" in turn:  # for Rasa, which notes when a message came and closes old sessions
            clock, hours = time.time, turn["hours"]
            monkeypatch.setattr(time, "time", lambda now=clock, h=hours: now() + h * 3600)
        more: dict[str, Any] = {"phone": case["phone"]} if "phone" in case else {}
        if "media" in turn:
            more["media"] = Media(**turn["media"])
        if "location" in turn:
            more["location"] = Location(**turn["location"])
        shown = earlier[turn["of"]] if "of" in turn else offered
        if "tap" in turn:
            text = next((b.payload for b in shown if turn["tap"] in b.payload), None)
            assert text, f"turn {number}: no button with {turn['tap']!r} in {shown}"
            more["tapped"] = True
        else:
            text = turn.get("say", "")
            heard_in = turn.get("voice")
            reading = Reading(text, heard_in if isinstance(heard_in, str) else "")
            more["readings"] = (reading,) if heard_in else ()
        try:
            replies = world.turn(text, sender, id=f"{sender}:{number}", **more)
        finally:
            if "fault" in turn:
                world.fault(turn["fault"][0], "none")
        offered = [b for reply in replies for b in reply.buttons]
        earlier.append(offered)
        _check(turn, replies, offered, f"turn {number} ({text})")
        if "keep" in turn:
            found = re.search(turn["keep"], "\n".join(reply.text for reply in replies))
            assert found, f"turn {number}: nothing fits {turn['keep']!r}"
            kept = found.group()


def _with_kept(turn: Any, kept: str) -> Any:
    """The turn with what was kept in place of {kept}."""
    if isinstance(turn, str):
        return turn.replace("{kept}", kept)
    if isinstance(turn, dict):
        return {
            name: part if name == "keep" else _with_kept(part, kept) for name, part in turn.items()
        }
    return [_with_kept(part, kept) for part in turn] if isinstance(turn, list) else turn


def _check(turn: dict[str, Any], replies: list[Any], offered: list[Any], where: str) -> None:
    said = "\n".join(reply.text for reply in replies)
    assert said.strip(), f"{where}: no reply"
    most = turn.get("bubbles", 1)
    assert len(replies) <= most, f"{where}: more than {most} bubbles: {said!r}"
    for part in turn.get("contains", ()):
        assert part in said, f"{where}: {part!r} not in {said!r}"
    if "any" in turn:
        assert any(part in said for part in turn["any"]), (
            f"{where}: none of {turn['any']} in {said!r}"
        )
    for part in turn.get("lacks", ()):
        assert part not in said, f"{where}: {part!r} in {said!r}"
    if "script" in turn:
        assert shares(said).get(turn["script"], 0) > 0.5, f"{where}: not {turn['script']}: {said!r}"
    if "options" in turn:
        assert len(offered) == turn["options"], f"{where}: {[b.title for b in offered]}"
    for name in turn.get("offers", ()):
        assert any(f'"{name}"' in b.payload or name in b.title for b in offered), (
            f"{where}: no button for {name!r}: {[b.title for b in offered]}"
        )
    if "link" in turn:
        links = [reply.link for reply in replies if reply.link]
        assert bool(links) is turn["link"], f"{where}: link {links or 'missing'}"
        assert all(re.match("https?://", link.url) for link in links), f"{where}: {links}"
    if "phrase" in turn:
        name, language = turn["phrase"].split(":")
        start = PHRASES[name][language].split("{")[0]
        assert start in said, f"{where}: not phrase {name}: {said!r}"
    if "document" in turn:
        papers = [reply.document for reply in replies if reply.document]
        assert bool(papers) is turn["document"], f"{where}: document {papers or 'missing'}"
