"""The question for a one-time code that a department sent to the number on record.

The code itself is read from the message that is being answered, handed to the call that follows,
and kept nowhere: the state knows only where it went, when, and how often it was wrong.
"""

from __future__ import annotations

from dataclasses import replace

from actions.departments import OperationResult
from actions.departments.access import CODE_NEEDED, CODE_OVER
from actions.dialogue import answers, cues
from actions.dialogue.form import Form
from actions.dialogue.questions import RESEND
from actions.dialogue.state import CODE, CONFIRM, CodeAsked, Heard, State
from actions.dialogue.steps import ASK, GO, Step
from nlu.catalogue import SlotType
from nlu.slots import Parsed, parse

_MINUTE = 60


def wanted(form: Form, state: State, result: OperationResult) -> Step:
    """The department wants a code, or refused the one that was told."""
    code = state.code or CodeAsked("", state.since)
    if result.outcome == CODE_NEEDED:
        code = CodeAsked(result.fields["sent_to"], state.since)
    elif result.outcome == CODE_OVER:
        code = replace(code, over=True)
    else:
        tries = code.tries + 1
        left = min(int(result.fields["tries_left"]), form.settings.code.tries - tries)
        code = replace(code, tries=tries, left=max(left, 0), over=left <= 0)
    doubt = state.in_doubt or result.in_doubt
    return Step(replace(state, asked=CODE, attempts=0, code=code, in_doubt=doubt), ASK)


def told(form: Form, state: State, heard: Heard) -> str | None:
    """The code in the message that is being answered, for the call that follows; None where none
    was asked for, or it came too late."""
    if state.code is None or heard.tapped or _is_over(form, state.code, heard):
        return None
    return _read(form, heard.text)


def answered(form: Form, state: State, heard: Heard) -> Step | None:
    """The step of a message that holds a code, or asks for a new one; None where it is none."""
    code = state.code or CodeAsked("", state.since)
    over = _is_over(form, code, heard)
    if _read(form, heard.text) is not None:
        late = replace(state, attempts=0, code=replace(code, over=True))
        return Step(late, ASK) if over else _called_again(form, form.follow_native(state, heard))
    yes = heard.kind == "conversation" and heard.intent == "affirm"
    if cues.command(heard.text, form.settings) == RESEND or (over and yes):
        return sent_again(form, form.follow(state, heard))
    if over and heard.kind == "conversation" and heard.intent == "deny":
        return form.end(state, form.given_up("denied", form.follow(state, heard)))
    return None


def misfit(form: Form, state: State, heard: Heard) -> Step:
    """Neither a code nor anything else: asked again. The words may be half a code, so that nobody
    is handed them."""
    return answers.misfit(form, form.follow(state, heard), replace(heard, text=""))


def sent_again(form: Form, state: State) -> Step:
    """The call once more without a code: the department sends a new one."""
    return _called_again(form, replace(state, code=None))


def _called_again(form: Form, state: State) -> Step:
    """What was refused: the look-up before the confirmation, or the operation."""
    state = replace(state, attempts=0)
    if form.service(state).lookup is not None and state.lookup is None:
        return Step(replace(state, asked=CONFIRM), ASK)
    return Step(replace(state, asked=None), GO)


def _is_over(form: Form, code: CodeAsked, heard: Heard) -> bool:
    waited = heard.at - code.at if heard.at and code.at else 0.0
    return code.over or waited > form.settings.code.minutes * _MINUTE


def _read(form: Form, text: str) -> str | None:
    result = parse(
        _slot_type(form.settings.code.digits), text, today=form.today, catalogue=form.catalogue
    )
    return result.value if isinstance(result, Parsed) else None


def _slot_type(digits: int) -> SlotType:
    """A code is read as any number of so many digits is."""
    return SlotType(
        name=CODE,
        kind="number",
        pattern=rf"\d{{{digits}}}",
        checksum=None,
        sensitive=True,
        extract=False,
        minimum=None,
        maximum=None,
        when=None,
        gazetteer=None,
        choices=(),
        examples=(),
        ask={},
        retry={},
        label={},
    )
