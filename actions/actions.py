"""Seva's custom actions on the rasa-sdk action server: thin, the dialogue is in `actions.dialogue`.

Their number is independent of the number of services. Each reads the conversation's state from
the tracker, lets the dialogue decide, says what it says and writes the state back. All that runs
in a thread (`actions.server.trampoline`), so it may block; calls of departments are awaited
`InLoop`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Dict, List, Tuple

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.citizens import effects
from actions.departments import Origin
from actions.dialogue import (
    department_choices,
    interpretation,
    language,
    one_time_code,
    perform,
    routing,
    turns,
)
from actions.dialogue.say import Say
from actions.dialogue.state import CONFIRM, Heard, State, read_heard, read_state
from actions.dialogue.steps import ASK, GO, STOP, Step, cleared
from actions.server.context import Context, context
from actions.server.trampoline import InLoop

FORM = "service_form"


def read(tracker: Tracker, here: Context) -> Tuple[State, Heard]:
    """The conversation's state and the message this turn is about."""
    event = _message(tracker)
    metadata = event.get("metadata") or {}
    message = {**(event.get("parse_data") or {}), "message_id": event.get("message_id")}
    state = read_state(
        tracker.slots,
        default_language=here.catalogue.languages.default,
        saved=metadata.get("language"),
    )
    if state.service and state.service not in here.catalogue.services:
        state = cleared(state)  # also where a service was taken out of the catalogue
    state = replace(state, profile=here.stores.profiles.of(tracker.sender_id))
    return state, read_heard(message, metadata, float(event.get("timestamp") or 0.0))


def _message(tracker: Tracker) -> dict[str, Any]:
    """The event of the message that is being answered; empty where there is none."""
    events_back = reversed(tracker.events)
    event: dict[str, Any] = next((e for e in events_back if e.get("event") == "user"), {})
    return event


def say(dispatcher: CollectingDispatcher, said: Iterable[Say]) -> None:
    """Hands messages to Rasa; what text and buttons cannot carry goes along as JSON."""
    for one in said:
        extra: Dict[str, Any] = {}
        if one.button_label:
            extra["button_label"] = one.button_label
        if one.document_url:
            extra["document"] = {"url": one.document_url, "filename": one.document_name}
        dispatcher.utter_message(
            text=one.text,
            buttons=[
                {"title": b.title, "payload": b.payload, "description": b.description}
                for b in one.buttons
            ],
            json_message=extra or None,
        )


def events(state: State) -> List[EventType]:
    """The state as slot events."""
    return [SlotSet(name, value) for name, value in state.slots().items()]


def carry_out(dispatcher: CollectingDispatcher, tracker: Tracker, step: Step) -> Step:
    """Does what the step does besides, then says what it says."""
    step = effects.carried_out(step, tracker.sender_id, context().stores)
    say(dispatcher, step.say)
    return step


def follow_step(dispatcher: CollectingDispatcher, tracker: Tracker, step: Step) -> List[EventType]:
    """Opens the form, performs at once, or waits, as the step says.

    `answer` is written whatever it was: one that a turn cut short has left would end the form as
    it opens. So is `requested_slot`, which outlives the form where Rasa's session ended: the form
    would hear the message once more.
    """
    step = carry_out(dispatcher, tracker, step)
    following = {ASK: [FollowupAction(FORM)], GO: [FollowupAction("action_perform")]}
    answer = GO if step.next == GO else None
    fresh = [SlotSet("answer", answer), SlotSet("requested_slot", None)]
    return [*events(step.state), *fresh, *following.get(step.next, [])]


class ActionRoute(Action):
    """A citizen's own words outside a form: start a service, ask which, converse, or refuse."""

    def name(self) -> str:
        """The core fallback action of config.yml."""
        return "action_route"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]
    ) -> List[EventType]:
        """Follows the decision of the understanding."""
        here = context()
        state, heard = read(tracker, here)
        state = language.follow(state, heard, here.catalogue, here.settings)
        return follow_step(dispatcher, tracker, turns.outside(here.form(), state, heard))


class ActionChoose(Action):
    """A tapped service."""

    def name(self) -> str:
        """Named in data/rasa/rules.yml."""
        return "action_choose"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]
    ) -> List[EventType]:
        """Starts it with what the citizen said before being asked which one they meant."""
        here = context()
        state, heard = read(tracker, here)
        return follow_step(dispatcher, tracker, routing.choose(here.form(), state, heard))


class ActionLanguage(Action):
    """A tapped language, outside a form."""

    def name(self) -> str:
        """Named in data/rasa/rules.yml."""
        return "action_language"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]
    ) -> List[EventType]:
        """Switches and says so."""
        here = context()
        state, heard = read(tracker, here)
        step = interpretation.hear(here.form(), state, heard)
        step = carry_out(dispatcher, tracker, step)
        return events(step.state)


class ActionMenu(Action):
    """A tapped department, the next page, or "none of these"."""

    def name(self) -> str:
        """Named in data/rasa/rules.yml."""
        return "action_menu"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]
    ) -> List[EventType]:
        """Shows the list."""
        here = context()
        state, heard = read(tracker, here)
        return follow_step(dispatcher, tracker, routing.menu(here.form(), state, heard))


class ActionStaleAnswer(Action):
    """A tapped answer while no form is open: the retry of an interrupted operation, or too late."""

    def name(self) -> str:
        """Named in data/rasa/rules.yml."""
        return "action_stale_answer"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]
    ) -> List[EventType]:
        """Performs the kept draft again if it is that draft's button."""
        here = context()
        state, heard = read(tracker, here)
        return follow_step(dispatcher, tracker, turns.late_tap(here.form(), state, heard))


class ValidateServiceForm(FormValidationAction):
    """Takes each message while the form is open; `answer` stays empty until the form is over."""

    def name(self) -> str:
        """The validation action Rasa calls for `service_form`."""
        return f"validate_{FORM}"

    async def validate_answer(
        self,
        value: Any,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: Dict[str, Any],
    ) -> Dict[str, Any]:
        """`answer` becomes `go` or `stop` at the end of the form."""
        if value is None:
            return {}
        here = context()
        state, heard = read(tracker, here)
        step = turns.inside(here.form(), state, heard)
        step = await department_choices.offered(here.form(), step, _execute(here, tracker))
        if step.state.asked == CONFIRM and step.next == ASK:
            step = step.then(await _look_up(here, tracker, step.state, heard))
        step = carry_out(dispatcher, tracker, step)
        return {**step.state.slots(), "answer": None if step.next == ASK else step.next}


class ActionAsk(Action):
    """The form's question."""

    def name(self) -> str:
        """Rasa's name for asking slot `answer` of `service_form`."""
        return f"action_ask_{FORM}_answer"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]
    ) -> List[EventType]:
        """Asks what is missing. A form that opens at its confirmation looks up first."""
        here = context()
        state, heard = read(tracker, here)
        offered = await department_choices.offered(
            here.form(), Step(state, ASK), _execute(here, tracker)
        )
        state = offered.state
        if offered.next != ASK:
            return [*events(state), SlotSet("answer", offered.next), FollowupAction(FORM)]
        if state.asked == CONFIRM:
            step = await _look_up(here, tracker, state, heard)
            state = step.state
            if step.next == STOP:
                carry_out(dispatcher, tracker, step)
                return [*events(state), SlotSet("answer", STOP), FollowupAction(FORM)]
        say(dispatcher, [here.form().question(state)])
        return events(state)


class ActionPerform(Action):
    """The end of a form: the operation, unless the form was stopped. It opens again where the
    department wants a code first."""

    def name(self) -> str:
        """Named in data/rasa/rules.yml."""
        return "action_perform"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]
    ) -> List[EventType]:
        """Calls the department and words the outcome.

        Where the form's own action failed, Rasa takes the form for finished and comes here all the
        same: without `go` nothing was confirmed, and nothing is done.
        """
        here = context()
        state, heard = read(tracker, here)
        if tracker.get_slot("answer") != GO or not state.service:
            return [SlotSet("answer", None)]
        code = one_time_code.told(here.form(), state, heard)
        execute = _execute(here, tracker, code)
        return follow_step(dispatcher, tracker, await perform.perform(here.form(), state, execute))


def _execute(here: Context, tracker: Tracker, code: str | None = None) -> perform.Execute:
    """Calls of departments in this turn, with the one-time code that its message told."""
    message = _message(tracker)
    metadata = message.get("metadata") or {}
    turn = metadata.get("inbox_id") or message.get("message_id")
    phone = str(metadata.get("phone") or "")

    async def execute(
        department: str,
        operation: str,
        values: Any,
        request_id: str,
        language: str,
        origin: Origin,
    ) -> perform.OperationResult:
        return await InLoop(
            lambda: here.execute(
                tracker.sender_id,
                str(turn or request_id),
                department,
                operation,
                values,
                request_id,
                language,
                replace(origin, phone=phone),
                code,
            )
        )

    return execute


async def _look_up(here: Context, tracker: Tracker, state: State, heard: Heard) -> Step:
    code = one_time_code.told(here.form(), state, heard)
    return await perform.look_up(here.form(), state, _execute(here, tracker, code))
