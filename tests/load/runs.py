"""A run that was, for pages and numbers."""

from __future__ import annotations

from random import Random

from api.load.ledger import Sent
from api.load.plan import Plan
from api.load.run import Run

PLAN = Plan(
    rate=10, citizens=40, seconds=60, ramp=10, burst=1, keys=("te", "en"), patience=5, seed=1
)


def finished(messages: int = 600, *, slow: bool = True) -> Run:
    """Messages due evenly; taken after 10 ms, answered after 100 ms, and late in one second."""
    run, chance = Run(PLAN, began=1.0, started=1_795_603_300.0, seconds=60.0), Random(1)
    for number in range(messages):
        due = 60 * number / messages
        late = 3.0 if slow and 30 <= due < 31 else 0.0
        key = "te" if number % 3 else "en"
        sent = Sent(f"m{number}", f"c{number % 40}", key, "begin", number // 40, due, due)
        sent.accepted = due + 0.01
        sent.answered = due + late + 0.1 + chance.random() / 100
        run.ledger.sent[sent.id] = sent
        run.late.append(0.001)
    run.ledger.replies = messages
    return run
