"""A citizen and the form: says and taps things, without Rasa, and keeps the state between turns.

The department answers from a list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from actions.citizens.counted import count_turn
from actions.citizens.effects import Stores, carried_out
from actions.departments import OperationResult, Origin
from actions.dialogue import turns, was_right
from actions.dialogue.form import Form
from actions.dialogue.state import NO_MEMORY, Heard, Memory, Profile, State, read_state
from nlu.daily_counts import Tally
from nlu.speech.transcript import Reading
from nlu.turn import Button, Message, Reply, read_payload

CITIZEN = "109:IN.1"
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
    about: Sequence[str] = (),
    danger: str | None = None,
    in_doubt: bool = False,
    elsewhere: str | None = None,
    answer: Mapping[str, float] = MappingProxyType({}),
    options: Sequence[str] = (),
    parts: Sequence[Heard] = (),
) -> Heard:
    """A message as the understanding gives it; `kind: route` is for the service `intent`, `clarify`
    between `options`, `spoken` the language of a voice note, `carries` a location or media, `at`
    when it came, `parts` its sentences, made by `heard` too."""
    return Heard(
        text=text,
        intent=intent,
        confidence=confidence,
        kind=kind,
        options=(intent,) if kind == "route" else tuple(options),
        key=key,
        key_confidence=sure,
        script=SCRIPTS.get(key or "", "Latn"),
        entities=(),
        payload={},
        found={},
        message=Message(
            text,
            CITIZEN,
            inbox,
            readings=() if spoken is None else (Reading(text, spoken),),
            **(carries or {}),
        ),
        about=tuple(about),
        danger=danger,
        danger_in_doubt=in_doubt,
        elsewhere=elsewhere,
        answer=answer,
        at=at,
        parts=tuple(parts),
    )


def tapped(payload: str, inbox: str = "m1") -> Heard:
    """A tapped button, from its id."""
    intent, data = read_payload(payload)
    return replace(
        heard(payload, key=None, intent=intent, kind="button", inbox=inbox),
        payload=data,
        script="",
    )


@dataclass
class Department:
    """Answers each operation with the results queued for it, the last one again and again."""

    results: dict[str, list[OperationResult]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, str], str, str]] = field(default_factory=list)
    codes: list[str | None] = field(default_factory=list)

    async def execute(
        self,
        department: str,
        operation: str,
        values: Mapping[str, str],
        request_id: str,
        language: str,
        origin: Origin,
        code: str | None,
    ) -> OperationResult:
        """Notes (operation, values, request id, language), and the one-time code of the turn."""
        self.codes.append(code)
        self.calls.append((operation, dict(values), request_id, language))
        queue = self.results.get(operation) or [OperationResult("ok")]
        return queue.pop(0) if len(queue) > 1 else queue[0]


@dataclass
class Talk:
    """One conversation."""

    form: Form
    department: Department = field(default_factory=Department)
    state: State = field(default_factory=lambda: State(language="te", language_known=False))
    said: list[Reply] = field(default_factory=list)
    turns: int = 0
    stores: Stores | None = None
    citizen: str = CITIZEN
    memory: Memory = NO_MEMORY
    tally: Tally | None = None
    model: str = ""
    asked_if_right: float = 0.0

    @property
    def open(self) -> bool:
        """Whether the form is."""
        return self.state.open

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
        return await self._turn(heard(text, **{"inbox": f"m{self.turns}", **understood}))

    async def tap(self, part: str, buttons: list[Button] | None = None, *, at: float = 0.0) -> Talk:
        """The button whose payload holds `part`, of the last turn or of an older one."""
        offered = buttons or self.buttons
        button = next(b for b in offered if part in b.payload)
        self.turns += 1
        return await self._turn(replace(tapped(button.payload, f"m{self.turns}"), at=at))

    async def _turn(self, message: Heard) -> Talk:
        """The state goes through the tracker's slot between any two turns."""
        before = self._known(self.state)
        message = replace(message, message=replace(message.message, model=self.model))
        step = await turns.turn(self.form, before, message, self.department.execute)
        step = was_right.noted(self.form, before, message, step, self.asked_if_right)
        if self.stores:
            step = carried_out(step, self.citizen, self.stores)
        if self.tally:
            count_turn(self.tally, self.form.catalogue, before, message, step)
        self.said = list(step.replies)
        kept = step.state.as_json()
        self.state = self._known(read_state(kept, default_language="te", saved=None))
        return self

    def _known(self, state: State) -> State:
        """The state with what the stores know of the citizen, who else wants none of it."""
        known = self.stores.profiles.of(self.citizen) if self.stores else Profile(consent=False)
        return replace(state, profile=known, memory=self.memory)
