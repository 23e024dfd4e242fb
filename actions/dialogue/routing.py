"""What a message means while no form is open."""

from __future__ import annotations

from dataclasses import replace

import regex

from actions.dialogue import (
    answers,
    consent,
    cues,
    drafts,
    facts,
    form_commands,
    language,
    numbers,
    own_data,
    questions,
    sent,
    service_words,
    stories,
    taps,
    undo,
)
from actions.dialogue.form import Form
from actions.dialogue.questions import DECLINE, GO_ON
from actions.dialogue.state import ERASE_ASKED, MEANT, REMEMBER, RESUME, Heard, State, Words
from actions.dialogue.steps import ASK, STOP, Step, cleared
from nlu.catalogue import Catalogue
from nlu.turn import Button, Reply

_LETTER, _DIGIT = regex.compile(r"\p{L}"), regex.compile(r"\p{N}")


ALL_IS_WELL = ("thanks", "affirm")


def route(form: Form, state: State, heard: Heard) -> Step:
    """A citizen's own words: start a service, ask which, converse, or refuse."""
    document = sent.document_of(heard)
    if document is not None:
        return Step(state, STOP, sent.checked(form, state, document))
    if sent.sent(heard) is not None and sent.wordless(heard):  # a photo, and nothing asks for one
        return Step(state, STOP, (form.say("unsupported_message", state),))
    own = own_data.answered(form, state, heard) or own_data.commanded(form, state, heard)
    if own is not None:
        return own
    if state.asked == ERASE_ASKED:
        state = cleared(state)
    if cues.command(heard.text, form.settings) == "forget_me":
        return form_commands.forgotten(form, cleared(state) if not state.service else state, STOP)
    if cues.command(heard.text, form.settings) == "menu":
        return Step(cleared(state), STOP, (form.topics(state),))
    heard = _steering(form, heard)
    if state.asked == REMEMBER:
        remembered = consent.answered(form, state, heard)
        if remembered:
            return remembered
        state = cleared(state)
    state = drafts.fresh(form.catalogue, form.settings, state, heard.at)
    if state.service and heard.text.strip().casefold() in form.settings.retry_words:
        return form.resume(state)
    if cues.command(heard.text, form.settings) == "go_on":
        return form.resume(state) if state.service else form.go_on(state)
    back = undo.undone(form, state, heard)
    if back is not None:
        return back
    if state.asked == RESUME and cues.is_command(heard.text, form.settings, ("back",)):
        return form.go_on(form.follow(state, heard))
    if state.asked == RESUME:
        answered = _offer_answered(form, state, heard)
        if answered:
            return answered
        state = replace(state, asked=None)
    if (state.asked or "").startswith(MEANT):
        answered = _meant_answered(form, state, heard)
        if answered:
            return answered
        state = cleared(state)
    of_ours = numbers.routed(form, state, heard) or numbers.recalled(form, state, heard)
    if of_ours is not None:
        return of_ours
    if is_bare(heard, form.settings.number_digits):
        return asked_what_for(form, state, heard)
    return _heard_out(form, state, heard)


def _heard_out(form: Form, state: State, heard: Heard) -> Step:
    """What is wanted, behind what the rest of the message needs: whom to call in danger, sympathy,
    and where something is done that is wanted too."""
    danger, told = stories.danger(heard), stories.told(form, heard)
    if danger and told.heard.kind != "route":
        return Step(state, STOP, (form.whom_to_call(state, danger),))
    step = _asked_for(form, state, told)
    where = (form.talk(name, state) for name in told.elsewhere)
    first = [reply for reply in where if reply is not None]
    if danger:
        first.insert(0, form.whom_to_call(state, danger))
    elif told.heard.kind != "conversation":
        first = [*stories.sympathy(form, state, heard), *first]
    return step.after_saying(*first)


def _asked_for(form: Form, state: State, told: stories.Told) -> Step:
    """Starts what is asked for, answers, offers services, converses, or says where it is done."""
    heard = told.heard
    asked = facts.answered(form, state, heard)
    if asked is not None:
        return asked
    heard = _of_many(form, heard)
    if heard.kind == "route" and heard.surely_meant(form.settings.voice_sure):
        elsewhere = numbers.instead(form, state, heard, heard.options[0])
        return elsewhere or _started(form, state, told)
    surely = heard.elsewhere and heard.confidence >= form.settings.interrupt_confidence
    if heard.kind in ("clarify", "out_of_scope") and not surely:
        names = service_words.named(form, heard.text)
        topic = service_words.topic(form, heard.text, whole=bool(names))
        if topic:
            shown = questions.of_topic(form.catalogue, state.language, form.settings, topic, 0)
            return Step(cleared(state), STOP, (shown,))
        heard = replace(heard, kind="clarify", options=names) if names else heard
    if heard.kind == "clarify" and stories.complains(heard, form.settings):
        return _complaint_asked_about(form, state, heard)
    if heard.kind in ("route", "clarify"):
        return _ask_which(form, state, heard)
    if heard.kind == "conversation":
        return _converse(form, state, heard)
    where = form.talk(heard.elsewhere or "", state)
    if where is not None and stories.feeling(heard.text, form.settings) == "anger":
        return _grievance_offered(form, state, heard).after_saying(where)  # they were there already
    if where is not None:
        return Step(cleared(state), STOP, (where,))
    # A transcript that makes no sense was more likely misheard than meant.
    if stories.complains(heard, form.settings) and not heard.by_voice:
        return _grievance_offered(form, state, heard)
    phrase = "not_understood_voice" if heard.by_voice else "out_of_scope"
    lead = form.say(phrase, state, {"helpline": form.helpline(state)}).text
    return Step(cleared(state), STOP, (_menu(form, state, lead),))


def _of_many(form: Form, heard: Heard) -> Heard:
    """A word alone that the titles of several services have leads to none at once but the most
    used: "tax" is more than the tax of vehicles."""
    if heard.kind != "route" or heard.by_voice or len(heard.text.split()) > 1:
        return heard
    names = service_words.named(form, heard.text)
    several = len(names) > 1 and heard.options[0] != names[0]
    return replace(heard, kind="clarify", options=names) if several else heard


_STEERING = {"help": "help", "person": "talk_to_person", "language": "change_language"}


def _steering(form: Form, heard: Heard) -> Heard:
    """A word that steers, or a wish for a language, understood as what it is."""
    if heard.by_voice:
        return heard
    wished = language.wished(heard, form.catalogue, form.settings)
    meaning = "language" if wished else cues.command(heard.text, form.settings) or ""
    intent = _STEERING.get(meaning)
    return replace(heard, kind="conversation", intent=intent) if intent else heard


def _started(form: Form, state: State, told: stories.Told) -> Step:
    """The service that is asked for. Others that are asked for too wait as drafts do."""
    heard, language = told.heard, state.language
    for other in reversed(told.others):
        begun = form.start(state, other.options[0], heard, other.words)
        state = begun.state if begun.state.service else state
    step = form.start(state, heard.options[0], heard, stories.words_of(form, heard))
    titles = [form.catalogue.services[one.options[0]].title[language] for one in told.others]
    if not titles or step.next != ASK:
        return step  # what is done at once is followed by the offer of the next
    return step.ending_with(form.say("after_that", state, {"titles": ", ".join(titles)}))


def _complaint_asked_about(form: Form, state: State, heard: Heard) -> Step:
    """What may fit a complaint, and in any case a grievance, with the words that were said."""
    grievance = form.settings.story.grievance
    if heard.options[:1] == (grievance,):
        return _grievance_offered(form, state, heard)
    options = dict.fromkeys((*heard.options[: form.settings.list_page - 1], grievance))
    step = _ask_which(form, state, replace(heard, options=tuple(options)))
    return replace(step, state=replace(step.state, heard=stories.complaint(form, heard)))


def _grievance_offered(form: Form, state: State, heard: Heard) -> Step:
    """Where nothing fits a complaint: whether to file it as a grievance, in the words it has."""
    service = form.settings.story.grievance
    kept = replace(cleared(state), asked=MEANT + service, heard=stories.complaint(form, heard))
    return Step(kept, STOP, (_which_was_meant(form, kept, service),))


def _which_was_meant(form: Form, state: State, service: str) -> Reply:
    """Whether a service was meant, or what was said is a grievance."""
    if state.heard is not None and state.heard.complaint:
        return questions.grievance(form.catalogue, form.settings, state.language, state.heard.text)
    return questions.meant(form.catalogue, state.language, service)


def _offer_answered(form: Form, state: State, heard: Heard) -> Step | None:
    """Yes or no, in words, to the offer to go on with what was left; other words are None."""
    if not state.kept:
        return None
    draft = state.kept[-1]
    typed = taps.typed(form, heard, lambda code: form.resume_question(draft, code))
    if typed is not None:
        return late_answer(form, state, typed)
    said = heard.intent if heard.kind == "conversation" else ""
    if not heard.surely_meant(form.settings.voice_sure):
        return form.offered(Step(replace(state, asked=None), STOP)) if said else None
    if said == "affirm":
        return form.go_on(state)
    return _declined(form, state) if said in ("deny", "cancel") else None


def _declined(form: Form, state: State, draft: drafts.Draft | None = None) -> Step:
    """What was left is dropped."""
    draft, rest = drafts.taken(state, draft)
    left = drafts.opened(rest, draft) if draft is not None else rest
    return Step(cleared(rest), STOP, (form.given_up("denied", left),))


def _meant_answered(form: Form, state: State, heard: Heard) -> Step | None:
    """Yes or no to the question whether a service was meant; other words are None. A yes,
    no or cancel that may have been misheard brings the question again."""
    service = (state.asked or "")[len(MEANT) :]
    if heard.kind != "conversation" or service not in form.catalogue.services:
        return None
    if not heard.surely_meant(form.settings.voice_sure):  # asked once more, with its buttons
        return Step(state, STOP, (_which_was_meant(form, state, service),))
    if heard.intent == "affirm":
        return form.start(state, service, heard, state.heard)
    if heard.intent == "deny":
        lead = form.catalogue.phrases["menu_prompt"][state.language]
        return Step(cleared(state), STOP, (_menu(form, state, lead),))
    return None


def _ask_which(form: Form, state: State, heard: Heard) -> Step:
    """Offers services; the words are kept for the one that is chosen."""
    kept = replace(cleared(state), heard=heard.words)
    if heard.kind == "clarify":
        say = questions.clarify(form.catalogue, state.language, heard.options)
        return Step(kept, STOP, (say,))
    service = heard.options[0]
    say = questions.meant(form.catalogue, state.language, service)
    return Step(replace(kept, asked=MEANT + service), STOP, (say,))


def choose(form: Form, state: State, heard: Heard) -> Step:
    """A tapped service, with what the citizen had said before."""
    name = heard.payload.get("service", "")
    if name not in form.catalogue.services:
        words = form.catalogue.phrases["unknown_service"][state.language]
        return Step(state, STOP, (Reply(words),))
    given = heard.payload.get("value")  # a follow-up: about the same thing
    return form.start(state, name, heard, _about(form, state, name, given))


def _about(form: Form, state: State, service: str, given: str | None) -> Words | None:
    """The words that begin a tapped service: a number of ours, or what was said before."""
    if not given:
        return state.heard
    ours = any(given == one.number for one in state.memory.given)
    return numbers.words_for(form, state, service, given) if ours else Words(given)


def menu(form: Form, state: State, heard: Heard) -> Step:
    """A page of the menu; who goes there did not mean what a voice note was taken for."""
    unmeant = cleared(state) if (state.asked or "").startswith(MEANT) else state
    return Step(unmeant, STOP, (form.menu(state, heard),))


def late_answer(form: Form, state: State, heard: Heard) -> Step:
    """A tapped answer while no form is open: a retry, going on with what was left, or too late."""
    value, nonce = heard.payload.get("value"), heard.payload.get("nonce")
    if value == "retry" and state.service and nonce == state.nonce:
        return form.resume(state)
    remembered = consent.answered(form, state, heard) or own_data.answered(form, state, heard)
    if remembered:
        return remembered
    draft = next((one for one in state.kept if one.nonce == nonce), None)
    if draft is not None and value in (GO_ON, "retry"):
        return form.go_on(state, draft)
    if draft is not None and value == DECLINE:
        return _declined(form, state, draft)
    return Step(state, STOP, (form.say("old_button", state),))


def _converse(form: Form, state: State, heard: Heard) -> Step:
    phrases = form.catalogue.phrases
    talk = form.talk(heard.intent, state)
    if talk is not None:
        return Step(state, STOP, (talk,))
    if heard.intent == "change_language":
        chosen = language.named(heard, form.catalogue, form.settings)
        if chosen is None:
            return Step(state, STOP, (questions.languages(form.catalogue, state.language),))
        changed = replace(state, language=chosen, language_fixed=True)
        return Step(changed, STOP, (Reply(phrases["language_changed"][chosen]),))
    if heard.intent == "talk_to_person":
        return _to_person(form, state, heard)
    if heard.intent == "greet" and state.kept and not state.service:
        return form.offered(
            Step(cleared(state), STOP, (Reply(phrases["welcome_back"][state.language]),))
        )
    if heard.intent == "greet":
        return Step(state, STOP, form.welcome(state))
    if heard.intent == "help":
        return Step(state, STOP, (_menu(form, state, phrases["help"][state.language]),))
    if heard.intent == "cancel" and state.service:  # a draft kept for a retry
        return form.end(state, form.given_up("cancelled", state))
    said = {
        "thanks": "thanks",
        "cancel": "nothing_to_cancel",
        "affirm": "affirmed_nothing_open",
        "deny": "affirmed_nothing_open",
    }
    words = phrases[said.get(heard.intent, "retry_generic")][state.language]
    step = Step(state, STOP, (Reply(words),))
    return consent.all_is_well(form, heard, step) if heard.intent in ALL_IS_WELL else step


def _to_person(form: Form, state: State, heard: Heard) -> Step:
    """Whom to call, and a record for staff: of the request that was left for a retry, else of a
    wish to speak about the service that was spoken of last, one a day."""
    asking = state
    if not state.service:
        about = state.spoken_of if state.spoken_of in form.catalogue.services else None
        asking = replace(state, service=about, nonce=f"{about or ''}/{form.today.isoformat()}")
    step = Step(state, STOP, (form.person(asking),))
    return answers.handed_over(form, step, asking, heard, answers.ASKED_FOR)


def _menu(form: Form, state: State, lead: str) -> Reply:
    return questions.topics(form.catalogue, state.language, form.settings, lead)


def is_bare(heard: Heard, digits: int) -> bool:
    """Whether the words hold no letter and at least so many digits, of whichever script."""
    return not _LETTER.search(heard.text) and len(_DIGIT.findall(heard.text)) >= digits


def asked_what_for(form: Form, state: State, heard: Heard) -> Step:
    """Offers the services that take such a number, else the menu; the number is kept for them."""
    catalogue, language = form.catalogue, state.language
    names = takers(catalogue, {str(one["entity"]) for one in heard.entities})
    kept = replace(cleared(state), heard=heard.words)
    lead = catalogue.phrases["number_alone"][language]
    if not names:
        return Step(kept, STOP, (questions.topics(catalogue, language, form.settings, lead),))
    rows = [
        questions.service_row(catalogue, name, language) for name in names[: form.settings.offered]
    ]
    rows.append(Button(catalogue.phrases["none_of_these"][language], questions.MENU))
    return Step(kept, STOP, (questions.chosen_from(catalogue, language, lead, rows),))


def takers(catalogue: Catalogue, slots: set[str]) -> list[str]:
    """Services whose first question is one of these slots, in the order of their departments'
    `first`."""
    taking = [
        service.name
        for service in catalogue.services.values()
        if service.slots and service.slots[0].name in slots
    ]
    first = [name for one in catalogue.departments.values() for name in one.first]
    return [name for name in first if name in taking]
