"""Allowed moves are data, and the ledger holds to them."""

from __future__ import annotations

from typing import get_args

import pytest

from actions.payments.ledger import NotAllowed
from actions.payments.payment import MOVES, UNSETTLED, State, may_move

from .world import World, run

STATES: tuple[State, ...] = get_args(State)


def test_every_state_has_its_moves() -> None:
    assert set(MOVES) == set(STATES)


@pytest.mark.parametrize("state", sorted(UNSETTLED))
def test_unsettled_state_has_a_way_out(state: State) -> None:
    seen: set[State] = set()
    open_ends: list[State] = [state]
    while open_ends:
        here = open_ends.pop()
        seen.add(here)
        open_ends += MOVES[here] - seen
    assert seen - UNSETTLED


@pytest.mark.parametrize("state", ["open", "pending", "opening"])
def test_booked_only_after_paid(state: State) -> None:
    assert not may_move(state, "booked")


@pytest.mark.parametrize("state", ["booked", "refunded"])
def test_end_has_no_move(state: State) -> None:
    assert not MOVES[state]


def test_ledger_refuses_other_moves(world: World) -> None:
    run(world.ask())
    (payment,) = world.payments()
    with pytest.raises(NotAllowed):
        world.ledger.move(payment, state="booked")
    assert world.state() == "open"


def test_older_version_of_a_payment_cannot_be_moved(world: World) -> None:
    run(world.ask())
    (payment,) = world.payments()
    assert world.ledger.move(payment, tries=1) is not None
    assert world.ledger.move(payment, state="pending") is None
