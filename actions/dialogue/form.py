"""The one generic form over the catalogue: what is known, what is asked next, how it begins.

What a message means while it is open is told by `actions.dialogue.interpretation`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from actions.dialogue import choices, display, drafts, language, memory, questions
from actions.dialogue.choices import Suggest, nothing
from actions.dialogue.display import filled
from actions.dialogue.settings import DialogueSettings
from actions.dialogue.state import (
    CHANGE,
    CODE,
    CONFIRM,
    READ_BACK,
    RESUME,
    SWITCH,
    Given,
    Heard,
    State,
    Words,
    new_nonce,
)
from actions.dialogue.steps import ASK, GO, STOP, Step, cleared
from nlu.catalogue import Catalogue, Service, Slot, SlotType
from nlu.slots import Parsed, extract_for_service, parse
from nlu.turn import Reply

NOTHING = Words("")


@dataclass(frozen=True)
class Form:
    """The generic form over a catalogue on a given day."""

    catalogue: Catalogue
    settings: DialogueSettings
    today: date
    suggest: Suggest = nothing
    used: Callable[[], tuple[str, ...]] = tuple
    """The services that were used lately, the most used first."""

    # --- beginning, going on, ending ------------------------------------------------------

    def start(self, state: State, service: str, heard: Heard, words: Words | None) -> Step:
        """Begins a service, taking what `words` already tell. Asks only for what is missing.
        Another one that was open is left for later; one that was left is gone on with."""
        words = words or NOTHING
        left = drafts.left(self.with_said(state), service, self.settings)
        draft = drafts.of_service(left, service)
        if draft is not None and not self._another(draft, words):
            return self.go_on(left, draft, words)
        fresh = replace(
            cleared(left),
            service=service,
            nonce=new_nonce(heard, service),
            since=heard.at,
            began=heard.at,
            spoken_of=service,
        )
        told = {**self.opening(service, words), **self.told_by(service, words)}
        state = self.told(fresh, told, spoken=words.spoken)
        known = memory.taken(self.catalogue, state, self.service(state))
        if known is None:
            return self._begun(self.after(state))
        values, given = known
        step = self._begun(self.after(self.told(state, values, spoken=False)))
        return step.after_saying(self.number_taken(state, given))

    def _begun(self, step: Step) -> Step:
        """Says which service begins and how much will be asked, where anything is."""
        if step.next != ASK or step.state.asked == CONFIRM:
            return step
        service, language = self.service(step.state), step.state.language
        left = [slot for slot in service.slots if slot.name not in step.state.values]
        asked = [s for s in left if s.required or (service.confirm and not s.volunteered)]
        fields = {"title": service.title[language], "count": str(len(asked))}
        phrase = "begun" if len(asked) > 1 else "begun_short"
        return step.after_saying(self.say(phrase, step.state, fields))

    def _another(self, draft: drafts.Draft, words: Words) -> bool:
        """Whether the words ask for something else than a request that may have been done already:
        its key belongs to its values."""
        told = self.told_by(draft.service, words)
        return draft.in_doubt and any(draft.values.get(n) != v for n, v in told.items())

    def go_on(
        self, state: State, draft: drafts.Draft | None = None, words: Words = NOTHING
    ) -> Step:
        """A request that was left, or the one left last, is open again, with what `words` tell."""
        draft, state = drafts.taken(state, draft)
        if draft is None:
            return Step(cleared(state), STOP, (self.say("nothing_to_resume", state),))
        again = drafts.opened(cleared(state), draft)
        told = self.told_by(draft.service, words)
        spoken = words.spoken
        step = self.after(self.told(again, told, spoken=spoken)) if told else self.resume(again)
        title = {"title": self.catalogue.services[draft.service].title[state.language]}
        return step.after_saying(self.say("resumed", state, title))

    def given_up(self, phrase: str, state: State, fields: Mapping[str, str] | None = None) -> Reply:
        """A phrase which says that nothing was sent, or that the request may have arrived."""
        if not state.in_doubt:
            return self.say(phrase, state, fields)
        service = self.service(state)
        department = self.catalogue.departments[service.department].title[state.language]
        told = {"title": service.title[state.language], "department": department}
        return self.say("stopped_in_doubt", state, {**told, "helpline": self.helpline(state)})

    def resume(self, state: State) -> Step:
        """Goes on with a draft. What the department did not answer is tried again; what the
        citizen never confirmed, because the look-up before the question failed, is confirmed."""
        service = self.service(state)
        if state.asked is not None or (service.lookup and state.lookup is None):
            return self.after(replace(state, lookup=None))
        return Step(state, GO)

    def end(self, state: State, *said: Reply) -> Step:
        """No request is open any more; one left for it is offered again."""
        return self.offered(Step(cleared(self.with_said(state)), STOP, said))

    def offered(self, step: Step) -> Step:
        """With the offer to go on with what was left, if nothing else is open."""
        state = step.state
        if state.service or state.asked or not state.kept:
            return step
        say = self.resume_question(state.kept[-1], state.language)
        return replace(step, state=replace(state, asked=RESUME), replies=(*step.replies, say))

    def resume_question(self, draft: drafts.Draft, language: str) -> Reply:
        """Whether to go on with what was left."""
        return questions.resume(self.catalogue, draft.service, draft.nonce, language)

    # --- what is asked --------------------------------------------------------------------

    def after(self, state: State) -> Step:
        """Asks the first missing slot, then for a code that is out, then for confirmation, then
        goes."""
        service = self.service(state)
        state = replace(state, attempts=0, page=0, heard=None, missed=False)
        for name in state.unchecked:
            return Step(replace(state, asked=READ_BACK + name), ASK)
        for slot in service.slots:
            state = choices.suggested(self.suggest, state, slot)
            optional = not slot.required and (
                slot.volunteered
                or not service.confirm
                or slot.name in state.given
                or state.offers.get(slot.name) == ()  # the department has nothing to choose from
            )
            if slot.name not in state.values and not optional:
                return Step(replace(state, asked=slot.name), ASK)
        if state.code is not None:
            return Step(replace(state, asked=CODE), ASK)
        if service.confirm:
            return Step(replace(state, asked=CONFIRM), ASK)
        return Step(replace(state, asked=None), GO)

    def question(self, state: State) -> Reply:
        """The next question, with the retry text in front after an answer that did not fit."""
        service, catalogue, asked = self.service(state), self.catalogue, state.asked or ""
        if asked == CONFIRM:
            return questions.confirm(catalogue, self.shown(state), state)
        if asked == CHANGE:
            return questions.change(catalogue, self.settings, self.shown(state), state)
        if asked == CODE:
            return questions.code(catalogue, self.settings, state)
        if asked.startswith(RESUME):
            return questions.resume(catalogue, service.name, state.nonce, state.language)
        if asked.startswith(SWITCH):
            return questions.switch(catalogue, service, asked[len(SWITCH) :], state)
        if asked.startswith(READ_BACK):
            return questions.read_back(catalogue, self.slot(state, asked[len(READ_BACK) :]), state)
        return questions.ask(catalogue, self.settings, service, self.slot(state, asked), state)

    def asked_slot(self, state: State) -> Slot | None:
        """The slot that the question is about, if it is about one."""
        asked = state.asked or ""
        name = asked[len(READ_BACK) :] if asked.startswith(READ_BACK) else asked
        slots = self.service(state).slots if state.service else ()
        found = next((slot for slot in slots if slot.name == name), None)
        return found and self.offering(state, found)

    # --- what is known --------------------------------------------------------------------

    def told(self, state: State, values: Mapping[str, str], *, spoken: bool) -> State:
        """The state with values added. Numbers that were spoken are to be read back."""
        state = self._outdated(state, values)
        unchecked = [name for name in state.unchecked if name not in values]
        slots = self.service(state).slots
        if spoken:
            kinds = self.settings.read_back
            unchecked += [s.name for s in slots if s.name in values and s.type.kind in kinds]
        given = [name for name in state.given if name not in values]
        given += [slot.name for slot in slots if slot.name in values]
        known = {**state.values, **values}
        return replace(
            state,
            values=known,
            given=tuple(given),
            unchecked=tuple(unchecked),
            lookup=None,
            code=None,
        )

    def _outdated(self, state: State, values: Mapping[str, str]) -> State:
        """The state without what the department offered, and was chosen, for other values than
        these: buses of another day."""
        changed = False
        for slot in self.service(state).slots:
            if slot.offered_by and changed:
                offers = {name: rows for name, rows in state.offers.items() if name != slot.name}
                state = replace(self.without(state, slot.name), offers=offers)
            told = values.get(slot.name)
            changed = changed or (told is not None and told != state.values.get(slot.name))
        return state

    def without(self, state: State, name: str) -> State:
        """The state without the value of a slot."""
        return replace(
            state,
            values={slot: value for slot, value in state.values.items() if slot != name},
            given=tuple(other for other in state.given if other != name),
            unchecked=tuple(other for other in state.unchecked if other != name),
            lookup=None,
            code=None,
        )

    def told_by(self, service: str, words: Words) -> Mapping[str, str]:
        """Values in words that begin a service: what the understanding found. It looked for those
        of the services that it took for meant; of others they are read here."""
        found = words.found.get(service)
        return self.found(service, words.text, {}) if found is None else found

    def found(self, service: str, text: str, known: Mapping[str, str]) -> dict[str, str]:
        """Slot values in an answer, for slots not yet known."""
        if not text:
            return {}
        found = extract_for_service(
            text, self.catalogue.services[service], today=self.today, catalogue=self.catalogue
        )
        return {f.slot: f.value for f in found if f.slot and f.slot not in known}

    def opening(self, service: str, words: Words) -> dict[str, str]:
        """What the first message is by itself: the value of a slot that takes one of so many words,
        and of a description where it tells what happened."""
        found = {}
        for slot in self.catalogue.services[service].slots:
            least = slot.opening_words
            describes = words.complaint and slot.type.name == self.settings.story.description
            if describes or (least and len(words.text.split()) >= least):
                value = self.read(slot, words.text)
                found.update({slot.name: value} if value else {})
        return found

    def offering(self, state: State, slot: Slot) -> Slot:
        """The slot with the choices that are likely, or that the department gave."""
        return choices.offering(self.catalogue, self.suggest, state, slot)

    def read(self, slot: Slot, text: str) -> str | None:
        """The value of an answer to a slot's question, if it fits. Words are never a file."""
        if slot.type.kind == "attachment":
            return None
        for slot_type, said, value in self._lately:
            if slot_type is slot.type and said == text:
                return value
        result = parse(slot.type, text, today=self.today, catalogue=self.catalogue)
        value = result.value if isinstance(result, Parsed) else None
        self._lately.append((slot.type, text, value))
        return value

    @cached_property
    def _lately(self) -> deque[tuple[SlotType, str, str | None]]:
        """What was read: a turn asks several times what its text would be as an answer."""
        return deque(maxlen=8)

    def fits(self, state: State, text: str) -> bool:
        """Whether the text can be the answer to a question about a slot."""
        slot = self.asked_slot(state)
        return slot is not None and self.read(slot, text) is not None

    def with_said(self, state: State) -> State:
        """The state with what was told of the service under way, for later questions."""
        return (
            memory.with_said(state, self.service(state), self.settings) if state.service else state
        )

    def found_by(self, service: Service, slot: Slot) -> str | None:
        """The department's list of what is the sender's own, for who has not got the number."""
        for kind in self.catalogue.departments[service.department].numbers:
            if kind.found_by and (
                kind.slot_type == slot.type.name or service.name in kind.services.values()
            ):
                return kind.found_by
        return None

    def known(self, state: State, slot: Slot) -> list[str]:
        """Values that are offered for a slot: told before, given to this phone, or its own."""
        service = self.service(state)
        rows = memory.offered(self.catalogue, self.settings, state, service, slot)
        return [value for value, _ in rows]

    def slot(self, state: State, name: str) -> Slot:
        """A slot of the service under way."""
        slot = next(slot for slot in self.service(state).slots if slot.name == name)
        return self.offering(state, slot)

    def service(self, state: State) -> Service:
        """The service under way."""
        return self.catalogue.services[state.service or ""]

    def shown(self, state: State) -> Service:
        """The service under way with the choices that the department gave: so are its values
        shown."""
        service = self.service(state)
        slots = tuple(self.offering(state, s) if s.offered_by else s for s in service.slots)
        return replace(service, slots=slots)

    # --- what is said ---------------------------------------------------------------------

    def say(self, phrase: str, state: State, fields: Mapping[str, str] | None = None) -> Reply:
        """A phrase in the citizen's language."""
        return Reply(filled(self.catalogue.phrases[phrase], state.language, fields))

    def noted(self, state: State, name: str) -> Reply:
        """The value of a slot, said as it was taken."""
        slot, language = self.slot(state, name), state.language
        value = display.shown(slot.type, state.values[name], language, self.catalogue)
        fields = {"slot": display.label(slot, language), "value": value}
        return self.say("slot_given", state, fields)

    def number_taken(self, state: State, given: Given) -> Reply:
        """Which number is used: the one that this phone was given."""
        kind = memory.kind_of_given(self.catalogue, given)
        title = kind.title[state.language] if kind else ""
        return self.say("number_taken", state, {"title": title, "number": given.number})

    def talk(self, intent: str, state: State) -> Reply | None:
        """What is always said to an intent; None where that depends, or it is a service."""
        found = self.catalogue.conversation.get(intent)
        return Reply(found.reply[state.language]) if found and found.reply else None

    def person(self, state: State) -> Reply:
        """Whom to call."""
        return self.say("talk_to_person", state, {"helpline": self.helpline(state)})

    def whom_to_call(self, state: State, danger: str) -> Reply:
        """What is said to somebody in a kind of danger."""
        said = self.catalogue.traits["danger"].labels[danger].reply
        return Reply((said or {})[state.language])

    def helpline(self, state: State) -> str:
        """The number of the department that is asked, or the state's."""
        service = self.catalogue.services.get(state.service or "")
        own = service and self.catalogue.departments[service.department].helpline
        return own or self.catalogue.phrases["helpline_default"][state.language]

    def menu(self, state: State, heard: Heard) -> Reply:
        """The page of the menu that a tapped row leads to."""
        department, topic = heard.payload.get("department", ""), heard.payload.get("topic", "")
        asked = heard.payload.get("page", "0")
        page = int(asked) if asked.isdecimal() else 0
        if department in self.catalogue.departments:
            return questions.services(
                self.catalogue, state.language, self.settings, department, page
            )
        if topic in self.catalogue.topics:
            return questions.of_topic(self.catalogue, state.language, self.settings, topic, page)
        return self.topics(state, page)

    def welcome(self, state: State) -> tuple[Reply, Reply]:
        """What can be done here in a few lines, with what is used most as buttons; then the
        topics."""
        known = self.catalogue.services
        popular = dict.fromkeys((*self.used(), *self.settings.welcome.services))
        names = [name for name in popular if name in known][: self.settings.reply_buttons]
        rows = questions.service_buttons(self.catalogue, names, state.language, self.settings)
        said = replace(self.say("welcome", state), buttons=rows)
        lead = self.catalogue.phrases["topics_prompt"][state.language]
        return said, questions.topics(self.catalogue, state.language, self.settings, lead)

    def topics(self, state: State, page: int = 0) -> Reply:
        """What can be done here, as citizens think of it."""
        lead = self.catalogue.phrases["menu_prompt"][state.language]
        return questions.topics(self.catalogue, state.language, self.settings, lead, page)

    def follow(self, state: State, heard: Heard) -> State:
        """The state in the language of the citizen's own words."""
        return language.follow(state, heard, self.catalogue, self.settings)

    def follow_native(self, state: State, heard: Heard) -> State:
        """Numbers, dates and names in Latin letters never change the reply language."""
        return state if heard.script == "Latn" else self.follow(state, heard)
