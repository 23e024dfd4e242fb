"""A citizen and the form: says and taps things, without Rasa, and keeps the state between turns.

What Rasa's rules do around the form (route when none is open, look up before the confirmation,
perform at its end) is done here in the same order, with a department that answers from a list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from actions.citizens.effects import Stores, carried_out
from actions.departments import OperationResult, Origin
from actions.dialogue import (
    department_choices,
    interpretation,
    language,
    one_time_code,
    perform,
    routing,
    turns,
)
from actions.dialogue.form import Form
from actions.dialogue.say import Button, Say
from actions.dialogue.state import CONFIRM, Heard, Profile, State, read_state
from actions.dialogue.steps import ASK, GO, Step

TODAY = date(2026, 11, 25)
SCRIPTS = {"te": "Telu", "hi": "Deva"}


def heard(
    text: str,
    *,
    key: str | None = "en",
    intent: str = "",
    kind: str = "out_of_scope",
    confidence: float = 0.9,
    sure: float = 0.95,
    inbox: str = "m1",
    spoken: str | None = None,
    carries: Mapping[str, Any] | None = None,
    at: float = 0.0,
) -> Heard:
    """A message as the understanding gives it; `kind: route` is for the service `intent`, `spoken`
    the language of a voice note, `carries` a location or media, `at` when it came."""
    return Heard(
        text=text,
        intent=intent,
        confidence=confidence,
        kind=kind,
        options=(intent,) if kind == "route" else (),
        key=key,
        key_confidence=sure,
        script=SCRIPTS.get(key or "", "Latn"),
        entities=(),
        payload={},
        metadata={
            "inbox_id": inbox,
            "voice": spoken is not None,
            "spoken": spoken,
            **(carries or {}),
        },
        message_id=inbox,
        at=at,
    )


def tapped(payload: str, inbox: str = "m1") -> Heard:
    """A tapped button, from its id."""
    intent, _, data = payload[1:].partition("{")
    return replace(
        heard(payload, key=None, intent=intent, kind="button", inbox=inbox),
        payload=json.loads("{" + data),
        script="",
    )


@dataclass
class Department:
    """Answers each operation with the results queued for it, the last one again and again."""

    results: dict[str, list[OperationResult]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, str], str, str]] = field(default_factory=list)
    code: str | None = None
    codes: list[str | None] = field(default_factory=list)

    async def execute(
        self,
        department: str,
        operation: str,
        values: Mapping[str, str],
        request_id: str,
        language: str,
        origin: Origin,
    ) -> OperationResult:
        """Notes (operation, values, request id, language), and the one-time code of the turn."""
        self.codes.append(self.code)
        self.calls.append((operation, dict(values), request_id, language))
        queue = self.results.get(operation) or [OperationResult("ok")]
        return queue.pop(0) if len(queue) > 1 else queue[0]


@dataclass
class Talk:
    """One conversation."""

    form: Form
    department: Department = field(default_factory=Department)
    state: State = field(default_factory=lambda: State(language="te", language_known=False))
    open: bool = False
    said: list[Say] = field(default_factory=list)
    turns: int = 0
    stores: Stores | None = None
    citizen: str = "109:IN.1"

    @property
    def text(self) -> str:
        """All that was said in the last turn."""
        return "\n".join(one.text for one in self.said)

    @property
    def buttons(self) -> list[Button]:
        """All that can be tapped now."""
        return [button for one in self.said for button in one.buttons]

    async def say(self, text: str, **understood: Any) -> Talk:
        """The citizen's own words."""
        self.turns += 1
        message = heard(text, **{"inbox": f"m{self.turns}", **understood})
        if self.open:
            return await self._follow(turns.inside(self.form, self.state, message), message)
        state = language.follow(self.state, message, self.form.catalogue, self.form.settings)
        return await self._follow(turns.outside(self.form, state, message), message)

    async def tap(self, part: str, buttons: list[Button] | None = None, *, at: float = 0.0) -> Talk:
        """The button whose id holds `part`, of the last turn or of an older one."""
        offered = buttons or self.buttons
        button = next(b for b in offered if part in b.payload)
        self.turns += 1
        message = replace(tapped(button.payload, f"m{self.turns}"), at=at)
        if self.open:
            return await self._follow(turns.inside(self.form, self.state, message), message)
        step = {
            "choose": routing.choose,
            "answer": turns.late_tap,
            "language": interpretation.hear,
            "menu": routing.menu,
        }[message.intent](self.form, self.state, message)
        return await self._follow(step, message)

    async def _follow(self, step: Step, message: Heard) -> Talk:
        execute = self.department.execute
        self.department.code = one_time_code.told(self.form, step.state, message)
        step = await department_choices.offered(self.form, step, execute)
        if step.next == ASK and step.state.asked == CONFIRM:
            step = step.then(await perform.look_up(self.form, step.state, execute))
        step = self._carried_out(step)
        self.state, self.said = step.state, list(step.say)
        self.open = step.next == ASK and self.state.service is not None
        if self.open:
            self.said.append(self.form.question(self.state))
        if step.next == GO:
            done = await perform.perform(self.form, self._known(self.state), execute)
            done = self._carried_out(done)
            self.state = done.state
            self.said += done.say
            self.open = done.next == ASK and self.state.service is not None
            if self.open:
                self.said.append(self.form.question(self.state))
        return self._stored()

    def _stored(self) -> Talk:
        """The state goes through the tracker's slots between any two turns."""
        slots = self.state.slots()
        self.state = self._known(read_state(slots, default_language="te", saved=None))
        return self

    def _carried_out(self, step: Step) -> Step:
        return carried_out(step, self.citizen, self.stores) if self.stores else step

    def _known(self, state: State) -> State:
        """The state with what the stores know of the citizen, who else wants none of it."""
        known = self.stores.profiles.of(self.citizen) if self.stores else Profile(consent=False)
        return replace(state, profile=known)
