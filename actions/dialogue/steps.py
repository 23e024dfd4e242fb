"""What the dialogue decided: the state after a message, what is said, what the form does next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from actions.dialogue.state import State
from nlu.turn import Reply

ASK = "ask"  # the form is open and asks
GO = "go"  # everything is there: perform the operation
STOP = "stop"  # nothing is asked


@dataclass(frozen=True)
class Remember:
    """Values by slot type to be kept in the citizen's profile; they agreed."""

    values: Mapping[str, str]


@dataclass(frozen=True)
class Forget:
    """Nothing of the citizen is to be remembered, nor asked for again; with `requests`, neither
    what departments gave this phone."""

    requests: bool = False


@dataclass(frozen=True)
class Erase:
    """All that is kept of the citizen is deleted, their requests to a person too."""


HANDOVER, GRIEVANCE = "handover", "grievance"
"""Kinds of what a person goes on with."""


@dataclass(frozen=True)
class Handover:
    """A request for a person to go on with: all that was told, and why the form could not.

    `why` is `too_many_attempts` or `asked_for`, `last` the words that were said last, `request` the
    same each time the same request is handed over. `department` is that of the service; empty for a
    wish to speak with somebody that names none. `model` is the id of the model that answered last.

    Of a grievance `why` is one of `desk.yml`, `reference` its number at the department, `said` what
    the citizen was answered, and `through` the service by which they spoke of it last.
    """

    request: str
    service: str
    values: Mapping[str, str]
    asked: str
    attempts: int
    why: str
    last: str
    language: str
    at: float
    department: str = ""
    kind: str = HANDOVER
    reference: str = ""
    said: str = ""
    through: str = ""
    model: str = ""


@dataclass(frozen=True)
class ToPerson:
    """Keeps the record; `said` is told to the citizen with its `{number}` filled in."""

    record: Handover
    said: Reply


@dataclass(frozen=True)
class NoLonger:
    """The department has answered: of these `requests` those that nobody has claimed wait no more.
    `said` is told with the `{number}` of each."""

    requests: tuple[str, ...]
    said: Reply


@dataclass(frozen=True)
class Used:
    """A department answered a request for the service; counted without the citizen. `done`: it did
    what was asked."""

    service: str
    done: bool = True


@dataclass(frozen=True)
class Informed:
    """A question about the service was answered from its file, with no form open."""

    service: str


@dataclass(frozen=True)
class Judged:
    """A citizen was asked whether the service was what they meant (`said` is `asked`), or answered
    (`right`, `wrong`). Counted without the citizen."""

    service: str
    said: str


Effect = Remember | Forget | Erase | ToPerson | NoLonger | Used | Informed | Judged
"""What a step does besides: the action server does it in the citizen's stores."""


@dataclass(frozen=True)
class Step:
    """What follows: `next` is ask, go or stop; `replies` are said before it."""

    state: State
    next: str
    replies: tuple[Reply, ...] = ()
    effects: tuple[Effect, ...] = ()

    def after_saying(self, *said: Reply) -> Step:
        """The same, with more said in front of it."""
        return replace(self, replies=(*said, *self.replies))

    def ending_with(self, *said: Reply) -> Step:
        """The same, with more said at its end."""
        return replace(self, replies=(*self.replies, *said))

    def then(self, following: Step) -> Step:
        """Both: says and does this one, and goes on as `following` does."""
        replies = (*self.replies, *following.replies)
        return replace(following, replies=replies, effects=(*self.effects, *following.effects))


def saying(state: State, *said: Reply) -> Step:
    """The form stays open: says something and asks again."""
    return Step(state, ASK, said)


def cleared(state: State) -> State:
    """No service under way; the language, and requests left for another, stay."""
    return replace(
        state,
        service=None,
        values={},
        given=(),
        asked=None,
        attempts=0,
        page=0,
        lookup=None,
        nonce="",
        heard=None,
        unchecked=(),
        since=0.0,
        began=0.0,
        pending={},
        in_doubt=False,
        offers={},
        code=None,
        undo=None,
        lacks=(),
        missed=False,
    )
