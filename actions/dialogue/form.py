"""The one generic form: which slot is next, what an answer means, when the operation may run.

`start` begins a service, `hear` takes what the citizen said while it is open, `question` asks what
is missing. `Step` says what Rasa's form does next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from actions.dialogue import language, menus, questions
from actions.dialogue.questions import KEEP, RIGHT, WRONG
from actions.dialogue.say import Say, filled
from actions.dialogue.settings import DialogueSettings
from actions.dialogue.state import CONFIRM, READ_BACK, SWITCH, Heard, State, new_nonce
from nlu.catalogue import Catalogue, Service, Slot
from nlu.slots import Parsed, extract_for_service, parse

ASK = "ask"  # the form stays open and asks
GO = "go"  # everything is there: perform the operation
STOP = "stop"  # the form ends without performing anything

OPEN_KINDS = ("name", "text")  # any words can be the answer
UNSURE = "unsure"  # the kind of what was spoken and counts only as an answer to a slot
INTERRUPTS = ("cancel", "change_language", "talk_to_person", "help")


@dataclass(frozen=True)
class Step:
    """What follows: `next` is ask, go or stop; `say` is said before it."""

    state: State
    next: str
    say: tuple[Say, ...] = ()


@dataclass(frozen=True)
class Form:
    """The generic form over a catalogue on a given day."""

    catalogue: Catalogue
    settings: DialogueSettings
    today: date

    def start(self, state: State, service: str, heard: Heard, text: str, *, spoken: bool) -> Step:
        """Begins a service, taking what `text`, written or `spoken`, already tells. Asks only for
        what is missing."""
        fresh = replace(
            state,
            service=service,
            values={},
            asked=None,
            attempts=0,
            lookup=None,
            nonce=new_nonce(heard, service),
            heard=None,
            heard_spoken=False,
            unchecked=(),
        )
        return self._after(self._with(fresh, self._found(service, text, {}), spoken=spoken))

    def hear(self, state: State, heard: Heard) -> Step:
        """What a message means while the form is open."""
        if heard.tapped:
            return self._tapped(state, heard)
        unsure = heard.kind == "conversation" and not surely_meant(heard, self.settings)
        if unsure:  # a spoken yes, no or cancel is short, and one is easily taken for another
            heard = replace(heard, kind=UNSURE)
        if _meant_instead(state):
            return self._misfit(state) if unsure else self._switch_answered(state, heard)
        interruption = self._interruption(state, heard)
        if interruption:
            return interruption
        if state.asked == CONFIRM:
            return self._confirmation(state, heard)
        if _read_back(state) and heard.kind == "conversation":
            if heard.intent == "affirm":
                return self._checked(state)
            if heard.intent == "deny":
                return self._asked_anew(state)
        return self._answer(state, heard)

    def resume(self, state: State) -> Step:
        """Goes on with a draft the department did not answer. What the citizen never confirmed,
        because the look-up before the question failed, is confirmed first."""
        service = self.catalogue.services[state.service or ""]
        if service.lookup and state.lookup is None:
            return self._after(state)
        return Step(state, GO)

    def question(self, state: State) -> Say:
        """The next question, with the retry text in front after an answer that did not fit."""
        service, catalogue = self.catalogue.services[state.service or ""], self.catalogue
        if state.asked == CONFIRM:
            return questions.confirm(catalogue, service, state)
        other = _meant_instead(state)
        if other:
            return questions.switch(catalogue, service, other, state)
        read_back = _read_back(state)
        if read_back:
            return questions.read_back(catalogue, self._slot(service, read_back), state)
        return questions.ask(catalogue, self._slot(service, state.asked or ""), state)

    # --- what a message means -------------------------------------------------------------

    def _tapped(self, state: State, heard: Heard) -> Step:
        if heard.intent == "language":
            chosen = heard.payload.get("language", state.language)
            return self._language_changed(state, chosen)
        if heard.intent == "choose":
            name = heard.payload.get("service", "")
            if name in self.catalogue.services:
                told = (state.heard or "") if name == _meant_instead(state) else ""
                return self.start(state, name, heard, told, spoken=state.heard_spoken)
            return Step(state, ASK, (self._say("unknown_service", state),))
        if heard.intent == "menu":
            return Step(cleared(state), STOP, (self.menu(state, heard),))
        if heard.payload.get("nonce") != state.nonce:
            return Step(state, ASK, (self._say("old_button", state),))
        if _meant_instead(state) and heard.payload.get("value") == KEEP:
            return self._kept(state, heard)
        return self._value_tapped(state, heard.payload.get("value", ""))

    def _value_tapped(self, state: State, value: str) -> Step:
        answer, _, name = value.partition("/")
        if name and name == _read_back(state) and answer in (RIGHT, WRONG):
            return self._checked(state) if answer == RIGHT else self._asked_anew(state)
        if state.asked == CONFIRM and value == "yes":
            return Step(state, GO)
        if state.asked == CONFIRM and value == "no":
            return Step(cleared(state), STOP, (self._say("denied", state),))
        slots = self.catalogue.services[state.service or ""].slots
        for slot in sorted(slots, key=lambda slot: slot.name != state.asked):
            open_or_given = slot.name == state.asked or slot.name in state.values
            if open_or_given and value in {c.value for c in slot.type.choices}:
                return self._after(self._with(state, {slot.name: value}, spoken=False))
        return Step(state, ASK, (self._say("old_button", state),))

    def menu(self, state: State, heard: Heard) -> Say:
        """The page of the menu that a tapped row leads to."""
        department = heard.payload.get("department", "")
        asked = heard.payload.get("page", "0")
        page = int(asked) if asked.isdecimal() else 0
        if department in self.catalogue.departments:
            return menus.services(self.catalogue, state.language, self.settings, department, page)
        lead = self.catalogue.phrases["menu_prompt"][state.language]
        return menus.departments(self.catalogue, state.language, self.settings, lead, page)

    def _interruption(self, state: State, heard: Heard) -> Step | None:
        """Cancel, help, a person, another language or another service in place of an answer."""
        slot = self._asked_slot(state)
        fits = slot is not None and self._fits(slot, heard.text)
        if fits and slot is not None and slot.type.kind not in OPEN_KINDS:
            return None
        settings = self.settings  # what may be the answer must be surer to mean anything else
        needed = settings.interrupt_confidence_open if fits else settings.interrupt_confidence
        sure = heard.confidence >= needed
        if sure and heard.kind == "conversation" and heard.intent in INTERRUPTS:
            return self._interrupted(state, heard)
        other = heard.options[0] if heard.kind == "route" and heard.options else None
        long_enough = len(heard.text.split()) >= settings.switch_words
        if not other or other == state.service or not long_enough:
            return None
        wanted = settings.switch_confidence_open if fits else settings.switch_confidence
        if heard.confidence < wanted:
            return None
        state = state if fits else self._follow(state, heard)
        if fits or not surely_meant(heard, settings):
            asked = replace(state, asked=SWITCH + other, heard=heard.text)
            return Step(replace(asked, heard_spoken=heard.by_voice), ASK)
        return self.start(state, other, heard, heard.text, spoken=heard.by_voice)

    def _switch_answered(self, state: State, heard: Heard) -> Step:
        """Typed words after the question whether another service was meant."""
        other = _meant_instead(state) or ""
        if heard.kind == "conversation" and heard.intent == "affirm":
            follow, told = self._follow(state, heard), state.heard or ""
            return self.start(follow, other, heard, told, spoken=state.heard_spoken)
        again = heard.text == state.heard  # who repeats the words answers with them
        if again or (heard.kind == "conversation" and heard.intent == "deny"):
            return self._kept(state, heard)
        return self.hear(self._asking_again(state), heard)

    def _kept(self, state: State, heard: Heard) -> Step:
        """The words heard before are the answer after all."""
        return self._answer(self._asking_again(state), replace(heard, text=state.heard or ""))

    def _asking_again(self, state: State) -> State:
        return replace(self._after(state).state, heard=None)

    def _interrupted(self, state: State, heard: Heard) -> Step:
        if heard.intent == "change_language":
            chosen = language.named(heard, self.catalogue)
            if chosen:
                return self._language_changed(state, chosen)
            return Step(state, ASK, (menus.languages(self.catalogue, state.language),))
        state = self._follow(state, heard)
        if heard.intent == "cancel":
            return Step(cleared(state), STOP, (self._say("cancelled", state),))
        if heard.intent == "talk_to_person":
            return Step(state, ASK, (self.person(state),))
        return Step(state, ASK, (self._say("cancel_hint", state),))

    def _language_changed(self, state: State, chosen: str) -> Step:
        if chosen not in self.catalogue.languages.reply:
            return Step(state, ASK)
        changed = replace(state, language=chosen, language_fixed=True)
        return Step(changed, ASK, (self._say("language_changed", changed),))

    def _confirmation(self, state: State, heard: Heard) -> Step:
        state = self._follow(state, heard)
        if heard.intent == "affirm" and heard.kind == "conversation":
            return Step(state, GO)
        if heard.intent == "deny" and heard.kind == "conversation":
            return Step(cleared(state), STOP, (self._say("denied", state),))
        corrected = self._found(state.service or "", heard.text, {})
        if corrected:
            return self._after(self._with(state, corrected, spoken=heard.by_voice))
        return self._misfit(state)

    def _answer(self, state: State, heard: Heard) -> Step:
        slot = self._asked_slot(state)
        if slot is None:
            return self._after(state)
        result = parse(slot.type, heard.text, today=self.today, catalogue=self.catalogue)
        if isinstance(result, Parsed):
            given = {slot.name: result.value}
            if slot.type.kind not in OPEN_KINDS:
                state = self._follow_native(state, heard)
            more = self._found(state.service or "", heard.text, {**state.values, **given})
            more = {n: v for n, v in more.items() if v != result.value}
            return self._after(self._with(state, {**more, **given}, spoken=heard.by_voice))
        found = self._found(state.service or "", heard.text, state.values)
        if found:
            return self._after(self._with(state, found, spoken=heard.by_voice))
        return self._misfit(self._follow(state, heard))

    def _checked(self, state: State) -> Step:
        """The value read back is right."""
        name = _read_back(state)
        left = tuple(other for other in state.unchecked if other != name)
        return self._after(replace(state, unchecked=left))

    def _asked_anew(self, state: State) -> Step:
        """The value read back is wrong: the question again, showing what an answer looks like."""
        name = _read_back(state)
        values = {slot: value for slot, value in state.values.items() if slot != name}
        left = tuple(other for other in state.unchecked if other != name)
        step = self._after(replace(state, values=values, unchecked=left, lookup=None))
        return replace(step, state=replace(step.state, attempts=1))

    def _misfit(self, state: State) -> Step:
        attempts = state.attempts + 1
        if attempts < self.settings.max_attempts:
            say = () if state.asked != CONFIRM else (self._say("choose_one", state),)
            return Step(replace(state, attempts=attempts), ASK, say)
        gone = (self._say("too_many_attempts", state), self.person(state))
        return Step(cleared(state), STOP, gone)

    # --- pieces ---------------------------------------------------------------------------

    def _after(self, state: State) -> Step:
        """Asks the first missing slot, then for confirmation, then goes."""
        service = self.catalogue.services[state.service or ""]
        for name in state.unchecked:
            return Step(replace(state, asked=READ_BACK + name, attempts=0), ASK)
        for slot in service.slots:
            if slot.required and slot.name not in state.values:
                return Step(replace(state, asked=slot.name, attempts=0), ASK)
        if service.confirm:
            return Step(replace(state, asked=CONFIRM, attempts=0), ASK)
        return Step(replace(state, asked=None, attempts=0), GO)

    def _with(self, state: State, values: Mapping[str, str], *, spoken: bool) -> State:
        """The state with values added. Numbers that were spoken are to be read back."""
        unchecked = [name for name in state.unchecked if name not in values]
        if spoken:
            service = self.catalogue.services[state.service or ""]
            kinds = self.settings.read_back
            unchecked += [
                slot.name
                for slot in service.slots
                if slot.name in values and slot.type.kind in kinds
            ]
        known = {**state.values, **values}
        return replace(state, values=known, unchecked=tuple(unchecked), lookup=None)

    def _found(self, service: str, text: str, known: Mapping[str, str]) -> dict[str, str]:
        """Slot values in free text, for slots not yet known."""
        if not text:
            return {}
        found = extract_for_service(
            text, self.catalogue.services[service], today=self.today, catalogue=self.catalogue
        )
        return {f.slot: f.value for f in found if f.slot and f.slot not in known}

    def _fits(self, slot: Slot, text: str) -> bool:
        result = parse(slot.type, text, today=self.today, catalogue=self.catalogue)
        return isinstance(result, Parsed)

    def _asked_slot(self, state: State) -> Slot | None:
        if state.asked in (None, CONFIRM) or _meant_instead(state):
            return None
        name = _read_back(state) or state.asked or ""
        return self._slot(self.catalogue.services[state.service or ""], name)

    def _slot(self, service: Service, name: str) -> Slot:
        return next(slot for slot in service.slots if slot.name == name)

    def person(self, state: State) -> Say:
        """Whom to call: the department's helpline, or the state's."""
        service = self.catalogue.services.get(state.service or "")
        helpline = service and self.catalogue.departments[service.department].helpline
        number = helpline or self.catalogue.phrases["helpline_default"][state.language]
        words = filled(
            self.catalogue.phrases["talk_to_person"], state.language, {"helpline": number}
        )
        return Say(words)

    def _say(self, phrase: str, state: State) -> Say:
        return Say(self.catalogue.phrases[phrase][state.language])

    def _follow(self, state: State, heard: Heard) -> State:
        return language.follow(state, heard, self.catalogue, self.settings)

    def _follow_native(self, state: State, heard: Heard) -> State:
        """Numbers, dates and names in Latin letters never change the reply language."""
        return state if heard.script == "Latn" else self._follow(state, heard)


def _meant_instead(state: State) -> str | None:
    """The service that the citizen was just asked whether they meant it instead."""
    asked = state.asked or ""
    return asked[len(SWITCH) :] if asked.startswith(SWITCH) else None


def _read_back(state: State) -> str | None:
    """The slot whose value was just read back."""
    asked = state.asked or ""
    return asked[len(READ_BACK) :] if asked.startswith(READ_BACK) else None


def surely_meant(heard: Heard, settings: DialogueSettings) -> bool:
    """Whether the service of a message may start, or its yes, no or cancel count, without a
    question: always if it was written, and if it was spoken where the understanding is surer than
    it must be of written words."""
    spoken = str(heard.metadata.get("spoken") or "")
    return not heard.by_voice or heard.confidence >= settings.voice_sure.get(spoken, 0.0)


def cleared(state: State) -> State:
    """No service under way; the language stays."""
    return replace(
        state,
        service=None,
        values={},
        asked=None,
        attempts=0,
        lookup=None,
        nonce="",
        heard=None,
        heard_spoken=False,
        unchecked=(),
    )
