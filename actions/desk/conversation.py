"""A citizen's message while an officer talks with them: it goes to the officer, the bot is silent.

Every turn begins here, with one look-up by index. Two things are answered all the same: danger to
life, and a command that leads back to the bot.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from actions.citizens.handover import Handovers
from actions.citizens.handover_talk import CITIZEN, Talking
from actions.desk.cases import Cases
from actions.desk.words import DeskWords
from actions.dialogue import cues
from actions.dialogue.form import Form
from actions.dialogue.state import Heard, State
from actions.dialogue.steps import STOP, Step
from nlu.text.masking import mask
from nlu.turn import SILENT, Reply

RATING = "desk/"
"""Before the number of a request in the nonce of a button that rates it."""
LEFT = "left"
_MENU, _ANSWER, _LANGUAGE = "menu", "answer", "language"
_SILENT = Reply("", act=SILENT)


@dataclass(frozen=True)
class Met:
    """What a message means for the desk: the whole `step`, or None where the dialogue goes on with
    it after `said`."""

    step: Step | None
    said: tuple[Reply, ...] = ()


def met(
    form: Form, state: State, heard: Heard, handovers: Handovers, cases: Cases, words: DeskWords
) -> Met | None:
    """None where the desk has nothing to do with a message. Blocks. A turn that runs again after a
    crash comes to the same."""
    rated = _rated(form, state, heard, cases, words)
    if rated is not None:
        return Met(rated)
    talk = handovers.talk.of_message(heard.message.citizen, heard.message.id)
    if talk is None:
        return None
    if talk.known == CITIZEN:
        return Met(_silent(form, state, heard))
    if talk.known is not None:
        return _left(form, state, heard, talk.number, str((talk.said or {})["phrase"]), words)
    if time.time() - talk.since > words.idle_hours * 3600:
        cases.abandon(talk.number)
        return None
    return _in_talk(form, state, heard, handovers, talk, words)


def _in_talk(
    form: Form,
    state: State,
    heard: Heard,
    handovers: Handovers,
    talk: Talking,
    words: DeskWords,
) -> Met | None:
    meaning, message = _command(form, heard, words), heard.message
    if meaning is not None:
        phrase = f"{LEFT}/{meaning}"
        if not handovers.talk.left(talk.number, message.citizen, message.id, phrase, time.time()):
            return None
        return _left(form, state, heard, talk.number, phrase, words)
    if heard.tapped and not message.typed:
        return Met(Step(state, STOP, (_say(words, "talk_goes_on", state, talk.number),)))
    said = {
        "text": mask(message.typed or heard.text, phones=True),
        "spoken": heard.by_voice,
        "sent": message.media.mime_type.partition("/")[0] if message.media else "",
        "about": list(heard.about),
    }
    if not handovers.talk.heard(talk.number, message.citizen, message.id, said, time.time()):
        return None  # it was closed at this moment: the bot speaks again
    return Met(_silent(form, state, heard))


def _silent(form: Form, state: State, heard: Heard) -> Step:
    """Nothing is said, but to somebody who is in danger: no officer is as quick as 112."""
    if heard.danger and not heard.danger_in_doubt:
        return Step(state, STOP, (form.whom_to_call(state, heard.danger),))
    return Step(state, STOP, (_SILENT,))


def _command(form: Form, heard: Heard, words: DeskWords) -> str | None:
    """The command that leads back to the bot."""
    if heard.message.typed:  # "2" is an answer to the officer here, and no option of a list above
        return None
    if heard.tapped:
        return heard.intent if heard.intent in (_MENU, _LANGUAGE) else None
    if not heard.surely_meant(form.settings.voice_sure):
        return None
    meaning = cues.command(heard.text, form.settings)
    return meaning if meaning in (*words.back.stop, *words.back.others) else None


def _left(
    form: Form, state: State, heard: Heard, number: str, phrase: str, words: DeskWords
) -> Met:
    """`stop` ends the talk and not the form that was open before it, which goes on."""
    back = _say(words, "back_to_bot", state, number)
    if phrase.removeprefix(f"{LEFT}/") not in words.back.stop:
        return Met(None, (back,))
    return Met(_going_on(form, state, back))


def _going_on(form: Form, state: State, said: Reply) -> Step:
    asked = (form.question(state),) if state.open else ()
    return Step(state, STOP, (said, *asked))


def _rated(form: Form, state: State, heard: Heard, cases: Cases, words: DeskWords) -> Step | None:
    """A tap on one of the buttons under the question how the help was."""
    nonce = heard.payload.get("nonce", "")
    if not heard.tapped or heard.intent != _ANSWER or not nonce.startswith(RATING):
        return None
    value, number = heard.payload.get("value", ""), nonce.removeprefix(RATING)
    if value not in [str(rating.value) for rating in words.ratings]:
        return None
    if not cases.rate(number, heard.message.citizen, int(value)):
        return None
    return _going_on(form, state, _say(words, "rated", state, number))


def _say(words: DeskWords, phrase: str, state: State, number: str) -> Reply:
    said = words.say(phrase, state.language, {"number": number})
    return replace(Reply(said), language=state.language)
