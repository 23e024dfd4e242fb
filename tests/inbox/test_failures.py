"""What becomes of a message whose turn failed."""

from __future__ import annotations

import pytest

from api.failures import Again, GiveUp, Next, Wait, after, died_too_often
from nlu.turn import AWAY, BROKEN, FAILED, TurnFailed
from tests.inbox.worker_fakes import POLICY

LAST = POLICY.retry.turn.attempts


@pytest.mark.parametrize(
    ("trouble", "healthy", "attempt", "follows"),
    [
        (AWAY, False, 1, Wait(died=False)),
        (AWAY, True, LAST, Wait(died=False)),  # it came back meanwhile
        (BROKEN, False, 1, Wait(died=True)),
        (BROKEN, True, LAST, Wait(died=True)),
        (FAILED, False, LAST, Wait(died=False)),  # it refused, and lives
        (FAILED, True, 1, Again(POLICY.retry.turn.wait[0])),
        (FAILED, True, LAST - 1, Again(POLICY.retry.turn.wait[LAST - 2])),
        (FAILED, True, LAST, GiveUp()),
    ],
)
def test_only_a_failure_while_all_works_counts(
    trouble: str, healthy: bool, attempt: int, follows: Next
) -> None:
    found = after(TurnFailed("x", trouble), attempt, healthy=healthy, policy=POLICY)
    assert found == follows


def test_deaths_end_as_well() -> None:
    assert not died_too_often(POLICY.retry.turn.deaths, POLICY)
    assert died_too_often(POLICY.retry.turn.deaths + 1, POLICY)
