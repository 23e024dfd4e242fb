"""The pages of the review: one screen and one decision, by keyboard alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from starlette.responses import Response

from api.console.area import Area
from api.console.review.form import decision_of
from api.console.review.ready import hand_in, ready
from api.console.review.shelf import Services, Shelf, in_thread, shelf_of
from api.console.visit import Refused, Visit, at
from api.review.agreement import MOST, agreement
from api.review.decision import WrongDecision, marked
from api.review.state import ADJUDICATOR, DISPUTED, DONE, HANDED, NAMES, OPEN, READER, SECOND
from api.review.store import DISAGREEMENT, Card, Decided, NotForYou
from api.shadow.action import parts_of
from nlu.catalogue.marks import parse_marks
from nlu.model_ids import short

_FOUND = 8
_KEYS = 5
_DECIDE, _ADJUDICATE = "review.decide", "review.adjudicate"
_EDIT = "catalogue.edit"


async def first(visit: Visit) -> Response:
    """The card to read next."""
    shelf, language = shelf_of(visit.console), _language(visit)
    await in_thread(shelf.file)
    return await _next(visit, shelf, language)


async def _next(
    visit: Visit, shelf: Shelf, language: str, told: str = "", status: int = 200
) -> Response:
    """`told`: key of what just happened."""
    account = visit.account.id

    def look() -> dict[str, Any]:
        found = shelf.review.queue(account, language=language, most=1)
        return _shown(visit, shelf, found[0] if found else None, language, told)

    return visit.page("review/card.html", status, **await in_thread(look))


async def card(visit: Visit) -> Response:
    """One card, whatever its state."""
    shelf, number = shelf_of(visit.console), _number(visit)

    def look() -> dict[str, Any] | None:
        found = shelf.review.card(number)
        return _shown(visit, shelf, found, _language(visit), "") if found else None

    values = await in_thread(look)
    if values is None:
        raise Refused(404)
    return visit.page("review/card.html", **values)


async def decide(visit: Visit) -> Response:
    """Keeps a decision and goes on with the next card."""
    shelf, number, sent = shelf_of(visit.console), _number(visit), await visit.form()

    def keep() -> tuple[Card, str, str]:
        found = shelf.review.card(number)
        if found is None:
            raise NotForYou("gone")
        part = ADJUDICATOR if found.state == DISPUTED else READER
        if part == ADJUDICATOR and not visit.may(_ADJUDICATE):
            raise Refused(403)
        targets = shelf.services().targets
        decision = decision_of(sent, found.item.text, targets)
        targets.check(decision)
        shelf.review.decide(number, visit.account.id, decision, part=part)
        return found, part, decision.label

    language = sent.get("language", "")
    try:
        _, part, label = await in_thread(keep)
    except NotForYou:
        return await _on(visit, shelf, language, "review.not_for_you")
    except WrongDecision as error:
        return await _again(visit, shelf, number, str(error))
    await visit.audit(f"review.{part}", {"card": number, "label": label})
    if part == ADJUDICATOR:
        return visit.go("/review/disputed", say="review.decided")
    return await _on(visit, shelf, language, "review.decided")


async def _on(visit: Visit, shelf: Shelf, language: str, told: str) -> Response:
    """The next card: by HTMX in the place of this one, else as a page."""
    if visit.part_only:
        return await _next(visit, shelf, language, told)
    return visit.go(f"/review?language={language}" if language else "/review", say=told)


async def _again(visit: Visit, shelf: Shelf, number: int, wrong: str) -> Response:
    def look() -> dict[str, Any]:
        found = shelf.review.card(number)
        return _shown(visit, shelf, found, _language(visit), "", wrong)

    return visit.page("review/card.html", 422, **await in_thread(look))


async def undo(visit: Visit) -> Response:
    """Takes back the account's last decision; its card is shown again."""
    shelf, language = shelf_of(visit.console), (await visit.form()).get("language", "")
    number = await in_thread(partial(shelf.review.undo, visit.account.id))
    if number is None:
        return await _on(visit, shelf, language, "review.nothing_to_undo")
    await visit.audit("review.undo", {"card": number})
    if not visit.part_only:
        return visit.go(f"/review/card/{number}", say="review.undone")

    def look() -> dict[str, Any]:
        found = shelf.review.card(number)
        return _shown(visit, shelf, found, language, "review.undone")

    return visit.page("review/card.html", **await in_thread(look))


async def services(visit: Visit) -> Response:
    """Services that a few letters name, as buttons."""
    shelf, text = shelf_of(visit.console), visit.request.query_params.get("find", "")

    def find() -> list[tuple[str, str]]:
        known = shelf.services()
        names = known.search.find(text[:100], _FOUND)
        return [(name, known.title(name, visit.language)) for name in names]

    return visit.page("review/found.html", found=await in_thread(find), asked=bool(text.strip()))


async def names(visit: Visit) -> Response:
    """All services, for the two halves of a split."""
    shelf = shelf_of(visit.console)

    def look() -> list[tuple[str, str]]:
        found = shelf.services()
        return [(name, found.title(name, visit.language)) for name in sorted(found.targets.slots)]

    return visit.page("review/names.html", names=await in_thread(look))


async def why(visit: Visit) -> Response:
    """The trained sentences nearest to a card's words."""
    shelf, number = shelf_of(visit.console), _number(visit)

    def look() -> dict[str, Any]:
        found = shelf.review.card(number)
        if found is None:
            raise Refused(404)
        near, reason = shelf.nearest(found.item.text)
        known = shelf.services()
        titles = {one.intent: known.title(one.intent, visit.language) for one in near}
        return {"near": near, "titles": titles, "why": reason, "number": number}

    return visit.page("review/why.html", **await in_thread(look))


async def cards(visit: Visit) -> Response:
    """All cards in a state, a page at a time."""
    shelf, query = shelf_of(visit.console), visit.request.query_params
    state = NAMES.get(query.get("state", "open"))
    if state is None:
        raise Refused(404)
    after = _after(query.get("after", ""))

    def look() -> dict[str, Any]:
        found, known = shelf.review.page(state, after), shelf.services()
        more = len(found) >= shelf.review.rules.page
        last = f"{found[-1].priority!r}:{found[-1].number}" if more else ""
        return {
            "cards": [(one, known.title(one.topic, visit.language)) for one in found],
            "counts": shelf.review.progress(),
            "after": last,
            "states": NAMES,
            "state": state,
        }

    await in_thread(shelf.file)
    return visit.page("review/list.html", **await in_thread(look))


async def disputed(visit: Visit) -> Response:
    """Cards on which two readers differ."""
    shelf = shelf_of(visit.console)
    found = await in_thread(partial(shelf.review.page, DISPUTED))
    return visit.page("review/disputed.html", cards=found)


async def agree(visit: Visit) -> Response:
    """How far readers agree."""
    shelf = shelf_of(visit.console)

    def look() -> dict[str, Any]:
        found = agreement(shelf.review.pairs(MOST))
        title = partial(shelf.services().title, language=visit.language)
        apart = [(_labels(title, one), _labels(title, other), n) for (one, other), n in found.apart]
        return {"found": found, "apart": apart}

    return visit.page("review/agreement.html", **await in_thread(look))


def _labels(title: Any, label: str) -> str:
    return " + ".join(title(one) for one in label.split("+"))


def _shown(
    visit: Visit, shelf: Shelf, one: Card | None, language: str, told: str, wrong: str = ""
) -> dict[str, Any]:
    """What the page of a card shows."""
    counts = shelf.review.progress()
    known = shelf.services()
    values: dict[str, Any] = {
        "card": one,
        "filter": language,
        "told": told,
        "wrong": wrong,
        "left": counts[OPEN] + counts[SECOND],
        "done": counts[DONE] + counts[HANDED],
        "disputed": counts[DISPUTED],
        "mine": shelf.review.decided_by(visit.account.id),
        "keys": list(known.catalogue.languages.keys),
    }
    if one is None:
        return values
    made = shelf.review.decisions(one.number)
    is_judge = one.state == DISPUTED and visit.may(_ADJUDICATE)
    mine = any(other.account == visit.account.id for other in made)
    may = visit.may(_DECIDE) and one.state in (OPEN, SECOND) and not mine
    ranked = list(one.item.ranking[:_KEYS])
    options = [(name, known.title(name, visit.language), p) for name, p in ranked]
    text = marked(one.item.text, one.item.marks)
    return {
        **values,
        "options": options,
        "pieces": _pieces(text),
        "text": text,
        "slots": known.slots([name for name, _ in ranked]),
        "chosen": known.title(one.item.chosen, visit.language) if one.item.chosen else "",
        "seva_said": known.title(one.item.said, visit.language) if one.item.said else "",
        "differs": _differs(visit, shelf, known, one) if DISAGREEMENT in one.reasons else None,
        "may_decide": may or (is_judge and not mine),
        "votes": _votes(known, visit, made) if is_judge else [],
    }


def _differs(visit: Visit, shelf: Shelf, known: Services, one: Card) -> dict[str, Any] | None:
    """What the live model did with a message of the card, and what a candidate would have done."""
    item = shelf.review.differing(one.number)
    if item is None:
        return None

    def words(action: str) -> tuple[str, str]:
        kind, name = parts_of(action)
        return kind, known.title(name, visit.language)

    return {
        "did": words(item.did),
        "instead": words(item.instead),
        "sure": item.instead_sure,
        "live": short(item.model),
        "candidate": short(item.instead_model),
    }


def _votes(known: Services, visit: Visit, made: Sequence[Decided]) -> list[tuple[str, list[str]]]:
    """What the readers decided, without their names: what counts is what they say."""
    return [
        (
            one.decision.name
            or _labels(partial(known.title, language=visit.language), one.decision.label),
            [part.text for part in one.decision.parts],
        )
        for one in made
        if one.part == READER and one.decision.kind != "skip"
    ]


def _pieces(text: str) -> list[tuple[str, str]]:
    """A marked text as pieces with their slots, empty for what is not marked."""
    plain, marks = parse_marks(text)
    pieces, after = [], 0
    for mark in marks:
        pieces += [(plain[after : mark.start], ""), (plain[mark.start : mark.end], mark.slot)]
        after = mark.end
    return [piece for piece in (*pieces, (plain[after:], "")) if piece[0]]


def _language(visit: Visit) -> str:
    return visit.request.query_params.get("language", "")


def _number(visit: Visit) -> int:
    return int(visit.request.path_params["number"])


def _after(given: str) -> tuple[float, int] | None:
    priority, _, number = given.partition(":")
    try:
        return (float(priority), int(number)) if given else None
    except ValueError:
        raise Refused(404) from None


ROUTES = (
    at("/review", first, may="review"),
    at("/review/card/{number:int}", card, may="review"),
    at("/review/card/{number:int}", decide, may=_DECIDE, method="POST"),
    at("/review/undo", undo, may=_DECIDE, method="POST"),
    at("/review/services", services, may="review"),
    at("/review/names", names, may="review"),
    at("/review/why/{number:int}", why, may="review"),
    at("/review/list", cards, may="review"),
    at("/review/disputed", disputed, may=_ADJUDICATE),
    at("/review/agreement", agree, may="review"),
    at("/review/ready", ready, may=_EDIT),
    at("/review/ready", hand_in, may=_EDIT, method="POST"),
)
AREA = Area(
    Path(__file__).parent,
    ROUTES,
    link="/review",
    may="review",
    prepare=lambda console: agreement(()),  # its library takes seconds to load
)
