"""Switches that make the simulator misbehave as Meta and the network sometimes do."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from api.demo.simulator.errors import ControlError


@dataclass
class SendError:
    """Refuses sends with a Meta code: the next `times` (None: all), to one citizen or to any."""

    code: int
    times: int | None = 1
    citizen: str | None = None


@dataclass
class Faults:
    """What goes wrong at present; the defaults are a healthy day."""

    duplicate: int = 0  # each webhook is delivered so many times more
    bad_signature: bool = False  # webhooks carry a signature made with another secret
    reorder_statuses: bool = False  # "delivered" goes out before "sent"
    drop_statuses: bool = False  # no status webhooks at all
    delay_ms: int = 0  # before each webhook
    answer_delay_ms: int = 0  # before each answer of the Cloud API
    lost_answers: int = 0  # the next n sends are taken, but the connection breaks
    send_errors: list[SendError] = field(default_factory=list)
    media_expired: bool = False  # media ids and URLs are gone
    media_corrupt: bool = False  # downloads do not match their sha256
    pair_rate: bool = True  # Meta's limit of messages to one citizen, as in reality
    throughput: int = 0  # refuse more than n sends a second with 130429; 0: no limit
    window_error: str = "response"  # 131047 as an answer, or later as a failed "status"
    auto_read: bool = False  # citizens read at once, also without a page open
    clock_offset_s: float = 0  # the simulator's clock is so many seconds ahead

    def take_send_error(self, citizen: str) -> SendError | None:
        """The error that the next send to `citizen` meets, counted down."""
        for error in self.send_errors:
            if error.citizen not in (None, citizen):
                continue
            if error.times is not None:
                error.times -= 1
                if error.times <= 0:
                    self.send_errors.remove(error)
            return error
        return None

    def take_lost_answer(self) -> bool:
        """Whether the answer to this send gets lost, counted down."""
        if self.lost_answers <= 0:
            return False
        self.lost_answers -= 1
        return True

    def update(self, values: dict[str, Any]) -> None:
        """Sets the given switches; an unknown name or type changes nothing and is an error."""
        fresh: dict[str, Any] = {}
        for name, value in values.items():
            current = getattr(Faults(), name, None)
            if current is None:
                known = ", ".join(item.name for item in fields(Faults))
                raise ControlError(f"unknown fault `{name}`; known are: {known}")
            fresh[name] = _read(name, value, current)
        for name, value in fresh.items():
            setattr(self, name, value)

    def reset(self) -> None:
        """Back to a healthy day."""
        self.update(asdict(Faults()))

    def as_dict(self) -> dict[str, Any]:
        """For `GET /__faults`."""
        return asdict(self)


def _read(name: str, value: Any, current: Any) -> Any:
    if name == "send_errors":
        try:
            return [SendError(**error) for error in value]
        except TypeError:
            raise ControlError("send_errors: [{code, times, citizen}]") from None
    if name == "window_error" and value not in ("response", "status"):
        raise ControlError("window_error is `response` or `status`")
    accepted = (int, float) if isinstance(current, float | int) else type(current)
    if not isinstance(value, accepted) or isinstance(current, bool) != isinstance(value, bool):
        raise ControlError(f"{name} must be like {current!r}")
    return value
