"""Random citizens, faults, crashes, callbacks: nobody pays twice, and no money is forgotten."""

from __future__ import annotations

import asyncio
import itertools
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from actions.payments.ledger import Ledger
from actions.payments.payment import Payment
from actions.sandbox.gateway.plans import plans

from .world import CATALOGUE, World, lane_of

BILLS = {
    ("energy", "payBill"): {"service_number": "6123401005678"},
    ("municipal", "payTax"): {"assessment_number": "1020304050"},
}
DUE = {"energy": 84500, "municipal": 342000}
LANGUAGE = {lane_of(1): "te", lane_of(2): "hi", lane_of(3): "en"}
ENDS = ("booked", "refunded", "failed")
_NUMBERS = itertools.count()


class Crash(Exception):
    """The process dies here."""


class Dying(Ledger):
    """A ledger whose process dies at its next write but so many: before it, or just after it."""

    left: int | None = None
    after = False

    def begin(self, new: Payment) -> Payment | None:
        """Dies or writes."""
        return self._maybe(lambda: Ledger.begin(self, new))

    def move(self, payment: Payment, **changes: Any) -> Payment | None:
        """Dies or writes."""
        return self._maybe(lambda: Ledger.move(self, payment, **changes))

    def _maybe(self, write: Any) -> Payment | None:
        cls = type(self)
        if cls.left is None or cls.left > 0:
            cls.left = None if cls.left is None else cls.left - 1
            kept: Payment | None = write()
            return kept
        cls.left = None
        if cls.after:
            write()
        raise Crash


class Payments(RuleBasedStateMachine):
    """What may happen, in any order."""

    folder = Path(tempfile.mkdtemp(prefix="seva-payments-"))
    shared: World | None = None

    @initialize()
    def first_day(self) -> None:
        """A sandbox as on its first day, and an empty ledger."""
        os.environ["SEVA_VAR_DIR"] = str(self.folder)
        if Payments.shared is None:
            Payments.shared = World(self.folder, Dying)
        self.world = Payments.shared
        self.loop = asyncio.new_event_loop()
        Dying.left = None
        self.orders: dict[str, str] = {}
        self.world.anew(f"sqlite:///{self.folder / f'{next(_NUMBERS)}.sqlite'}")
        self.run(self.quiet())

    def run(self, work: Any) -> Any:
        """In the loop of this example; a process that died begins again."""
        try:
            return self.loop.run_until_complete(work)
        except Crash:
            self.world.begin()
            return None

    async def quiet(self) -> None:
        """No fault anywhere."""
        for what in ("energy", "municipal", "gateway"):
            await self.world.fault(what, mode="none")

    @rule(citizen=st.sampled_from(sorted(LANGUAGE)), bill=st.sampled_from(sorted(BILLS)))
    def ask(self, citizen: str, bill: tuple[str, str]) -> None:
        """A citizen asks to pay."""
        request = f"m-{next(_NUMBERS)}"
        language = LANGUAGE[citizen]
        asked = self.world.ask(request, citizen, language, dict(BILLS[bill]), bill)
        result = self.run(asked)
        if result is not None and result.outcome == "ok":
            self.orders[result.fields["order_id"]] = bill[0]

    @rule(data=st.data(), plan=st.sampled_from(["paid", "pending", *sorted(plans())]))
    def pay(self, data: st.DataObject, plan: str) -> None:
        """Someone pays with a link that was ever handed out."""
        if self.orders:
            self.world.books.pay(data.draw(st.sampled_from(sorted(self.orders))), plan)

    @rule(seconds=st.sampled_from([1.0, 30.0, 600.0, 40_000.0, 90_000.0]))
    def work(self, seconds: float) -> None:
        """Time passes and the job works."""
        self.run(self.world.later(seconds))

    @rule(data=st.data(), lie=st.sampled_from(["paid", "refunded", "failed"]))
    def called_back(self, data: st.DataObject, lie: str) -> None:
        """A callback with the right key says what may not be so."""
        if self.orders:
            order = data.draw(st.sampled_from(sorted(self.orders)))
            self.run(self.world.called_back(order, state=lie))

    @rule(
        what=st.sampled_from(["energy", "municipal", "gateway"]),
        mode=st.sampled_from(["none", "none", "down", "wrong", "error", "duplicate"]),
    )
    def fault(self, what: str, mode: str) -> None:
        """Somebody's computers misbehave."""
        self.run(self.world.fault(what, mode=mode))

    @rule(writes=st.integers(0, 4), after=st.booleans())
    def die(self, writes: int, after: bool) -> None:
        """The action server will die at one of its next writes."""
        Dying.left, Dying.after = writes, after

    @rule(refusing=st.booleans(), closed=st.booleans())
    def others(self, refusing: bool, closed: bool) -> None:
        """The worker takes no notice, or no document can be issued."""
        self.world.phones.refusing, self.world.press.closed = refusing, closed

    @invariant()
    def nobody_pays_twice(self) -> None:
        """Net of what came back, no more than the bill was paid."""
        if not hasattr(self, "orders"):
            return
        paid: Counter[str] = Counter()
        for order, department in self.orders.items():
            for kind, paise in self.world.books.money(order):
                paid[department] += paise if kind == "debit" else -paise
        for department, paise in paid.items():
            assert paise <= DUE[department]

    @invariant()
    def booked_only_what_is_paid(self) -> None:
        """And one order can be paid at most for each bill."""
        if not hasattr(self, "orders"):
            return
        payments = self.world.payments()
        for payment in payments:
            if payment.state == "booked" and payment.order is not None:
                there = self.world.books.order(payment.order.id)
                assert (there.state, there.taken) == ("paid", payment.order.paise)
        live = Counter(self.orders[o] for o in self.orders if self._payable(o))
        assert all(count == 1 for count in live.values())

    def _payable(self, order: str) -> bool:
        return self.world.books.order(order).state == "open"

    def teardown(self) -> None:
        """Everything works again: all money is booked or back, and everyone was told once."""
        if not hasattr(self, "orders"):
            return
        Dying.left = None
        self.world.phones.refusing = self.world.press.closed = False
        self.run(self.quiet())
        self.run(self.world.settle(days=9, rounds=70))
        for payment in self.world.payments():
            assert payment.state in (*ENDS, "expired", "dropped"), payment.state
            if payment.order is None:
                continue
            money = self.world.books.money(payment.order.id)
            left = sum(paise if kind == "debit" else -paise for kind, paise in money)
            assert left == (payment.order.paise if payment.state == "booked" else 0)
            self._told(payment)
        self.loop.close()

    def _told(self, payment: Payment) -> None:
        notices = [n for n in self.world.phones.taken.values() if payment.id[:32] in n.id]
        citizen = payment.write.context.citizen
        assert {notice.citizen for notice in notices} <= {citizen}
        ends = [n for n in notices if n.id.split("-")[2] in ENDS]
        assert len(ends) == (payment.state in ENDS), (payment.state, [n.id for n in notices])
        for notice in notices:
            title = CATALOGUE.services["electricity_bill_payment"].title
            tax = CATALOGUE.services["property_tax_payment"].title
            assert any(t[LANGUAGE[citizen]] in notice.text for t in (title, tax))


TestPayments = Payments.TestCase
TestPayments.settings = settings(
    max_examples=int(os.environ.get("SEVA_PAYMENT_EXAMPLES", "12")),
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
