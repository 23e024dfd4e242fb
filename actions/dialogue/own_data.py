"""What a citizen may ask about themselves: no more news, news again, what is kept, delete it.

Deleting is asked about first, with what the law keeps. Who sends the messages carries it out in
the transaction of the answer (`nlu.turn.Reply.act`), the citizens' stores before it.
"""

from __future__ import annotations

from dataclasses import replace

from actions.dialogue import cues, display, drafts, taps
from actions.dialogue.form import Form
from actions.dialogue.questions import AGREE, REFUSE
from actions.dialogue.state import ERASE_ASKED, Heard, State, new_nonce
from actions.dialogue.steps import ASK, STOP, Erase, Step, cleared
from nlu.turn import ERASE, NEWS_OFF, NEWS_ON, Button, Reply, payload

_NEWS = {"news_off": NEWS_OFF, "news_on": NEWS_ON}


def commanded(form: Form, state: State, heard: Heard) -> Step | None:
    """The step that a message about the citizen's own data asks for; None where it is none. A form
    that is open stays, except where everything is to be deleted."""
    if heard.tapped or not heard.surely_meant(form.settings.voice_sure):
        return None
    meaning = cues.command(heard.text, form.settings)
    at_rest = not state.service and not state.asked and not state.kept
    if (
        meaning == "cancel"
        and at_rest
        and cues.is_command(heard.text, form.settings, ("news_off",))
    ):
        meaning = "news_off"  # "stop", and nothing is going on that could be meant
    state = form.follow(state, heard)
    following = ASK if state.open else STOP
    if meaning in _NEWS:
        said = replace(form.say(meaning, state), act=_NEWS[meaning])
        return Step(state, following, (said,))
    if meaning == "my_data":
        return Step(state, following, (_known(form, state),))
    if meaning == "erase":
        left = cleared(drafts.left(state, "", form.settings))
        asking = replace(left, asked=ERASE_ASKED, nonce=new_nonce(heard, ERASE))
        return Step(asking, STOP, (_question(form, asking, asking.language),))
    return None


def answered(form: Form, state: State, heard: Heard) -> Step | None:
    """A tap or words after the question whether to delete everything; other words are None."""
    if state.asked != ERASE_ASKED:
        return None
    if heard.tapped:
        value = heard.payload.get("value", "") if heard.payload.get("nonce") == state.nonce else ""
    else:
        typed = taps.typed(form, heard, lambda language: _question(form, state, language))
        intent = heard.intent if heard.kind == "conversation" else ""
        sure = heard.surely_meant(form.settings.voice_sure)
        said = {"affirm": AGREE, "deny": REFUSE, "cancel": REFUSE}.get(intent, "") if sure else ""
        value = typed.payload["value"] if typed else said
    if value == AGREE:
        erased = replace(form.say("erased", state), act=ERASE)
        return Step(State(language=state.language), STOP, (erased,), (Erase(),))
    if value == REFUSE:
        return form.end(state, form.say("not_erased", state))
    return None


def _question(form: Form, state: State, language: str) -> Reply:
    """What is deleted, what the law keeps, and whether to go ahead."""
    phrases = form.catalogue.phrases
    buttons = tuple(
        Button(phrases[title][language], payload("answer", value=value, nonce=state.nonce))
        for title, value in (("erase_yes", AGREE), ("erase_no", REFUSE))
    )
    return Reply(phrases["erase_prompt"][language], buttons)


def _known(form: Form, state: State) -> Reply:
    """What is kept of the citizen here; numbers as they are always shown."""
    language = state.language
    none = form.catalogue.phrases["nothing_kept"][language]
    remembered = []
    for name, values in state.profile.values.items():
        slot_type = form.catalogue.slot_types[name]
        shown = (display.shown(slot_type, one, language, form.catalogue) for one in values)
        remembered.append(f"{slot_type.label[language]} ({', '.join(shown)})")
    services = [one.service for one in state.kept] + [state.service or ""]
    under_way = [
        form.catalogue.services[name].title[language]
        for name in services
        if name in form.catalogue.services
    ]
    fields = {
        "language": form.catalogue.phrases["language_name"][language],
        "remembered": ", ".join(remembered) or none,
        "requests": ", ".join(under_way) or none,
    }
    return form.say("my_data", state, fields)
