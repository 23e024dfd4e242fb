"""Seva's one custom action on the rasa-sdk action server. The dialogue is in `actions.dialogue`.

Rasa calls it once for each message, whatever the service. It reads the conversation's state from
the tracker, lets the dialogue decide, says what it says and writes the state back if it changed.
All that runs in a thread (`actions.server.trampoline`), so it may block; calls of departments are
awaited `InLoop`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Sequence, Tuple

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.citizens import effects
from actions.citizens.counted import count_handed_over, count_turn
from actions.departments import OperationResult, Origin
from actions.departments.journal import Write
from actions.departments.request import Context as AskedBy
from actions.desk import conversation, grievances
from actions.dialogue import turns, was_right
from actions.dialogue.misunderstandings import told_along
from actions.dialogue.perform import Execute
from actions.dialogue.state import Heard, State, read_heard, read_state
from actions.dialogue.steps import Step, cleared
from actions.server.context import Context, context, key_of
from actions.server.trampoline import InLoop
from nlu.turn import Message

STATE = "state"
"""The slot of data/rasa/domain.yml that holds where the conversation stands."""


class ActionTurn(Action):
    """Answers one message."""

    def name(self) -> str:
        """The core fallback action of config.yml."""
        return "action_turn"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]
    ) -> List[EventType]:
        """Says the replies as JSON (`nlu.turn.Reply`); the event is the new state."""
        here = context()
        before, heard = read(tracker, here)
        if heard.message.code:
            heard = replace(heard, checked=here.resources.press.checked(heard.message.code))
        form, desk = here.form(), here.desk
        met = conversation.met(form, before, heard, desk.handovers, desk.cases, desk.words)
        if met is not None and met.step is not None:
            step = met.step
        else:
            answers: list[_Answer] = []
            step = await turns.turn(
                form,
                before,
                heard,
                _execute(here, heard.message, answers),
                _own_payments(here, heard.message),
            )
            step = _at_desk(here, step, answers, heard)
            step = step.after_saying(*(met.said if met else ()))
        percent = here.resources.ask_if_right_percent
        if met is not None:  # they talk with a person, or say how good that was
            step = was_right.quiet(step, heard)
        else:
            step = was_right.noted(form, before, heard, step, percent)
        step = effects.carried_out(step, tracker.sender_id, here.stores)
        count_turn(here.resources.tally, here.catalogue, before, heard, step)
        for reply in told_along(before, heard, step):
            told = replace(reply, language=step.state.language).as_json()
            text, buttons = told.pop("text"), told.pop("buttons", None)
            dispatcher.utter_message(text=text, buttons=buttons, json_message=told)
        if step.state == before and before.language_known:
            return []
        return [SlotSet(STATE, step.state.as_json())]


def read(tracker: Tracker, here: Context) -> tuple[State, Heard]:
    """The conversation's state, and the message that is to be answered."""
    event: Dict[str, Any] = next(e for e in reversed(tracker.events) if e.get("event") == "user")
    parsed = event.get("parse_data") or {}
    metadata = {"id": event.get("message_id") or "", **(event.get("metadata") or {})}
    message = Message.of(parsed.get("text") or "", tracker.sender_id, metadata)
    state = read_state(
        tracker.get_slot(STATE) or {},
        default_language=here.catalogue.languages.default,
        saved=message.language,
    )
    if state.service and state.service not in here.catalogue.services:
        state = cleared(state)  # also where a service was taken out of the catalogue
    state = replace(
        state,
        profile=here.stores.profiles.of(tracker.sender_id),
        memory=here.memory(tracker.sender_id, message.phone),
    )
    return state, read_heard(parsed, message, float(event.get("timestamp") or 0.0))


def _own_payments(here: Context, message: Message) -> turns.OwnPayments:
    """What the sender of a message pays, and nobody else."""

    async def told(language: str) -> tuple[str, ...]:
        return await InLoop(lambda: here.cashier.own.told(message.citizen, message.phone, language))

    return told


_Answer = Tuple[Write, OperationResult]


def _at_desk(here: Context, step: Step, answers: Sequence[_Answer], heard: Heard) -> Step:
    """The step with what the departments' answers mean for the officers' desk; the citizen reads it
    with the answer."""
    if not step.replies:
        return step
    (first, *others), language = step.replies, step.state.language
    for write, result in answers:
        found = grievances.effects(here.desk, write, result, first.text, language, heard.at)
        told = effects.done(found, write.context.citizen, here.stores)
        count_handed_over(here.resources.tally, here.catalogue, found)
        first = replace(first, text="\n".join([first.text, *(one.text for one in told)]))
    return replace(step, replies=(first, *others))


def _execute(here: Context, message: Message, answers: List[_Answer]) -> Execute:
    """Calls of departments to answer a message; notes in `answers` what they were answered."""

    async def execute(
        department: str,
        operation: str,
        values: Any,
        request_id: str,
        language: str,
        origin: Origin,
        code: str | None,
    ) -> OperationResult:
        whole = replace(origin, phone=message.phone, model=message.model)
        result = await InLoop(
            lambda: here.execute(
                message.citizen,
                message.id or request_id,
                department,
                operation,
                values,
                request_id,
                language,
                whole,
                code,
            )
        )
        asked = AskedBy(message.citizen, key_of(request_id, operation), language, whole)
        answers.append((Write(department, operation, dict(values), asked), result))
        return result

    return execute
