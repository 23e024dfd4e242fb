"""What a message of several sentences asks for: the request wins over the story around it.

The sentences come understood one by one where the whole is not clear (`nlu.text.sentences`). Here
it is decided which of them count. What is said besides stays: for a description, and for the
sentence of sympathy that anger or a loss is answered with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from actions.dialogue import cues
from actions.dialogue.form import Form
from actions.dialogue.settings import DialogueSettings, StorySettings
from actions.dialogue.state import Heard, State, Words
from nlu.slots.words import words
from nlu.text.sentences import clear_from, says_and, says_besides
from nlu.turn import Reply

_DESCRIPTION = "description"  # a label of the trait `answer`
_OFFERED = 3
_JOINED = 2  # words before a sentence that may join it
_SYMPATHY = {"loss": "sympathy_loss", "anger": "sympathy_anger"}


@dataclass(frozen=True)
class Told:
    """The message as what it asks for first, its other requests in their order, and the talk that
    says where more of it is done."""

    heard: Heard
    others: tuple[Heard, ...] = ()
    elsewhere: tuple[str, ...] = ()


def told(form: Form, heard: Heard) -> Told:
    """What counts in a message. One without sentences that were understood apart is as it is."""
    settings = form.settings.story
    if not heard.parts or (heard.kind == "conversation" and heard.confidence >= clear_from()):
        return Told(heard)
    asked = _by_service(part for part in heard.parts if _requests(part, settings))
    elsewhere = _elsewhere(heard, settings) if asked else ()
    several = [part for part in asked if _is_wanted(heard, part, settings)]
    if heard.kind == "route" and heard.confidence >= clear_from():  # what is clear comes first
        several.sort(key=lambda part: part.options != heard.options)
    if len(several) > 1 and _differ(form, heard, several):
        return Told(replace(several[0], parts=()), tuple(several[1:]), elsewhere)
    only = _only(heard, asked, settings)
    if only is not None:
        return Told(_meant(heard, only, settings), (), elsewhere)
    known = heard.kind in ("route", "clarify")
    return Told(heard if known else _unclear(heard, asked, settings), (), elsewhere)


def _requests(part: Heard, settings: StorySettings) -> bool:
    return part.kind == "route" and part.confidence >= settings.request


def _by_service(parts: Iterable[Heard]) -> list[Heard]:
    """One part for each service, in their order: the surest."""
    found: dict[str, Heard] = {}
    for part in parts:
        service = part.options[0]
        if service not in found or part.confidence > found[service].confidence:
            found[service] = part
    return list(found.values())


def _is_wanted(heard: Heard, part: Heard, settings: StorySettings) -> bool:
    """Whether a sentence is a request of its own: it says that something is wanted, is what the
    whole message means, or is a few words with "too"."""
    if heard.kind == "route":
        if part.options == heard.options:
            return True
        if heard.confidence >= clear_from() and part.confidence < settings.sure:
            return False
    if wants(part.text, settings):
        return True
    before = heard.text.partition(part.text)[0].split()[-_JOINED:]
    said = f"{' '.join(before)} {part.text}"
    return says_besides(said) and len(part.text.split()) <= settings.short


def _only(heard: Heard, asked: Sequence[Heard], settings: StorySettings) -> Heard | None:
    """The one sentence that tells what a message asks for: it says that something is wanted, and
    agrees with what the whole may mean. In a story a sure one need not agree, and against a whole
    that is nearly clear it must be surer still."""
    wanted = [part for part in asked if wants(part.text, settings)]
    likely = [part for part in asked if part.options[0] in heard.options]
    story = len(heard.parts) >= settings.sentences
    if heard.kind in ("conversation", "out_of_scope"):
        some = wanted
    elif heard.kind == "route":
        sure = heard.confidence >= clear_from() or not story
        some = [] if sure else [part for part in wanted if part.confidence >= clear_from()]
    else:
        some = [part for part in wanted if part in likely]
        some = some or (wanted or likely if story else [])
        some = [part for part in some if part.confidence >= settings.sure]
    return some[0] if len(some) == 1 else None


def _differ(form: Form, heard: Heard, asked: Sequence[Heard]) -> bool:
    """Whether these are requests of their own. Neighbours are easily taken for each other, so that
    two of them are one request, unless they are wanted too, or joined and each of them sure. Where
    the whole is understood, a word must join them in any case."""
    besides, joined = says_besides(heard.text), says_and(heard.text)
    if besides or (joined and all(part.confidence >= clear_from() for part in asked)):
        return True
    if heard.kind == "route" and not joined:
        return False
    names = {part.options[0] for part in asked}
    return not any(names & set(form.catalogue.services[name].neighbours) for name in names)


def _elsewhere(heard: Heard, settings: StorySettings) -> tuple[str, ...]:
    """The talk about what is wanted too and done elsewhere."""
    found = (
        part.elsewhere
        for part in heard.parts
        if part.elsewhere and (wants(part.text, settings) or says_besides(part.text))
    )
    return tuple(dict.fromkeys(found))


def _meant(heard: Heard, part: Heard, settings: StorySettings) -> Heard:
    """The whole message, understood as one of its sentences. One that sounds like a grievance, and
    does not ask for it, is what a grievance may be offered for."""
    if part.options[0] == settings.grievance and not wants(part.text, settings):
        return replace(heard, kind="clarify", options=(settings.grievance,))
    return replace(
        heard,
        intent=part.intent,
        confidence=part.confidence,
        kind=part.kind,
        options=part.options,
        about=part.about or heard.about,
        elsewhere=part.elsewhere,
        found={**heard.found, **part.found},
    )


def _unclear(heard: Heard, asked: Sequence[Heard], settings: StorySettings) -> Heard:
    """Out of scope as a whole, and no sentence asks for one thing: what several may mean is
    offered, the surest first, else the first sentence counts that says where something is done."""
    if heard.elsewhere:
        return heard
    services = [part.options[0] for part in sorted(asked, key=lambda part: -part.confidence)]
    unsure = [part for part in heard.parts if part.kind == "clarify"]
    services += [n for part in unsure if wants(part.text, settings) for n in part.options]
    names = tuple(dict.fromkeys(services))[:_OFFERED]
    if len(names) > 1 or names == (settings.grievance,):
        return replace(heard, kind="clarify", options=names)
    elsewhere = next((part.elsewhere for part in heard.parts if part.elsewhere), None)
    return replace(heard, elsewhere=elsewhere)


def danger(heard: Heard) -> str | None:
    """The danger that one of the sentences surely tells."""
    sure = (part.danger for part in heard.parts if not part.danger_in_doubt)
    return next((kind for kind in sure if kind), None)


def wants(text: str, settings: StorySettings) -> bool:
    """Whether the words say that something is wanted. A word that begins with `-` is an ending."""
    said = " ".join(word.text for word in words(cues.clean(text)))
    spaced = f" {said} "
    return any(
        f"{one[1:]} " in spaced if one.startswith("-") else f" {one} " in spaced
        for one in settings.wants
    )


def complains(heard: Heard, settings: DialogueSettings) -> bool:
    """Whether the words tell what is wrong, so that they can be what a grievance says."""
    if heard.options == (settings.story.grievance,):
        return True
    telling = max(_telling(one) for one in (heard, *heard.parts))
    return telling >= settings.story.complaint or feeling(heard.text, settings) == "anger"


def complaint(form: Form, heard: Heard) -> Words:
    """All that was said, as the words of a grievance. Of more than it can hold the sentences stay
    that tell most."""
    kept = [part for at, part in enumerate(heard.parts) if not _repeated(heard.parts, at)]
    text = heard.text
    service = form.catalogue.services[form.settings.story.grievance]
    slot = next(one for one in service.slots if one.type.name == form.settings.story.description)
    while form.read(slot, text) is None and len(kept) > 1:
        kept.remove(min(kept, key=_telling))
        text = ". ".join(part.text for part in kept)
    return Words(text, heard.by_voice, heard.found, complaint=True)


def words_of(form: Form, heard: Heard) -> Words:
    """What is kept for the service that begins: a long complaint is its description too."""
    settings = form.settings
    long = len(heard.text.split()) >= settings.story.words
    return complaint(form, heard) if long and complains(heard, settings) else heard.words


def _telling(heard: Heard) -> float:
    return heard.answer.get(_DESCRIPTION, 0.0)


def _repeated(parts: Sequence[Heard], at: int) -> bool:
    """Whether the part is a run of words of one before it."""
    return any(parts[at].text in part.text for part in parts[:at])


def feeling(text: str, settings: DialogueSettings) -> str | None:
    """What the words show: `loss`, `anger`, or nothing."""
    found = cues.said(text, settings.story.feelings)
    return next((name for name in settings.story.feelings if name in found), None)


def sympathy(form: Form, state: State, heard: Heard) -> tuple[Reply, ...]:
    """A sentence for who is angry or lost somebody."""
    felt = feeling(heard.text, form.settings)
    return () if felt is None else (form.say(_SYMPATHY[felt], state),)
