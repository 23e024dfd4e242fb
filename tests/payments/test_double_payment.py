"""A bill is never paid twice: not by asking again, nor by many citizens, servers or taps."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from actions.departments import DepartmentDirectory, OperationResult, define
from actions.departments.journal import Journal
from actions.payments.cashier import Cashier
from actions.payments.gateways import load_gateways
from actions.payments.ledger import Ledger
from tests.processes import ROOT
from tests.sandbox.conftest import Sandbox, sandbox, sandbox_server  # noqa: F401  # fixtures

from .world import BILL, CATALOGUE, PAISE, FakeIssuer, World, lane_of, run


def orders(world: World) -> int:
    """How many orders the department opened."""
    with world.store.transaction() as db:
        found: int = db.execute("SELECT count(*) FROM orders").fetchone()[0]
    return found


def test_asking_again_gives_the_same_link(world: World) -> None:
    async def story() -> list[OperationResult]:
        return [await world.ask(f"m-{n}") for n in range(6)]

    links = {result.fields["payment_link"] for result in run(story())}
    assert (len(links), orders(world)) == (1, 1)


def test_second_ask_at_once_opens_no_second_order(world: World) -> None:
    async def story() -> list[OperationResult]:
        asked = (world.ask(f"m-{n}", lane_of(n)) for n in range(8))
        return list(await asyncio.gather(*asked))

    outcomes = Counter(result.outcome for result in run(story()))
    assert orders(world) == 1
    assert outcomes["ok"] == 1
    assert set(outcomes) <= {"ok", "payment_by_another"}


@pytest.mark.parametrize(
    "plan, wait, outcome",
    [
        ("pending", 0, "payment_under_way"),
        ("refused", 400, "payment_not_booked"),
        ("paid", 0, "no_dues"),
    ],
)
def test_asking_while_unsettled_tells_the_truth(
    world: World, plan: str, wait: float, outcome: str
) -> None:
    async def story() -> OperationResult:
        order = (await world.ask()).fields["order_id"]
        world.books.pay(order, plan)
        await world.later(20 if wait else 0)
        await world.later(wait)
        return await world.ask("m-2")

    result = run(story())
    assert result.outcome == outcome
    assert "payment_link" not in result.fields
    assert orders(world) == 1


def test_failed_payment_makes_room_for_another(world: World) -> None:
    async def story() -> tuple[str, str]:
        first = (await world.ask()).fields["order_id"]
        world.books.pay(first, "failed")
        return first, (await world.ask("m-2")).fields["order_id"]

    first, second = run(story())
    assert first != second
    assert not world.books.pay(first)
    assert world.books.pay(second)


def test_failed_payment_is_told_though_the_citizen_asks_at_once(world: World) -> None:
    async def story() -> None:
        world.books.pay((await world.ask(language="en")).fields["order_id"], "failed")
        await world.ask("m-2")
        await world.later(1)

    run(story())
    assert ["did not go through" in text for text in world.phones.texts()] == [True]


def test_donations_of_two_citizens_are_two_payments(world: World) -> None:
    gift = {"donor_name": "Sita", "amount": "500", "mobile_number": "9848012345"}

    async def story() -> list[OperationResult]:
        operation = ("canteens", "createDonation")
        return [await world.ask(f"m-{n}", lane_of(n % 2), "te", gift, operation) for n in range(4)]

    links = [result.fields["payment_link"] for result in run(story())]
    assert links[0] == links[2] != links[1] == links[3]


def test_two_servers_and_many_taps_pay_once(
    sandbox: Sandbox,  # noqa: F811
    tmp_path: Path,
) -> None:
    """Over HTTP: two action servers with a ledger in one database, twelve citizens at once, then
    eight taps on the page at once."""
    sandbox.touched.add("energy")
    url = f"sqlite:///{tmp_path / 'journal.sqlite'}"
    together = threading.Barrier(12)

    def citizen(number: int) -> OperationResult:
        """Asks from an action server of their own."""
        env = {
            "SEVA_DEPARTMENT_ENERGY_URL": f"{sandbox.url}/energy",
            "SEVA_GATEWAY_SANDBOX_URL": f"{sandbox.url}/gateway",
        }

        async def ask() -> OperationResult:
            known = {"energy": define(CATALOGUE.departments["energy"], env)}
            departments = DepartmentDirectory(known, journal=Journal(url))
            gateways = DepartmentDirectory(
                load_gateways(ROOT / "data/gateways", env), journal=departments.journal
            )
            cashier = Cashier.of(CATALOGUE, departments, gateways, Ledger(url), FakeIssuer())
            together.wait()
            result = await cashier.checkout.execute(
                "energy",
                "payBill",
                BILL,
                citizen=lane_of(number),
                request_id=f"m-{number}",
                language="te",
            )
            await cashier.aclose()
            await departments.aclose()
            return result

        return asyncio.run(ask())

    with ThreadPoolExecutor(12) as pool:
        results = list(pool.map(citizen, range(12)))
    links = {r.fields["payment_link"] for r in results if r.outcome == "ok"}
    assert {result.outcome for result in results} == {"ok", "payment_by_another"}
    assert len(links) == 1 and len([r for r in results if r.outcome == "ok"]) == 1
    assert len([w for w in sandbox.writes("energy") if w["operation"] == "payBill"]) == 1

    (link,) = links
    at_once = threading.Barrier(8)

    def tap(_: int) -> int:
        at_once.wait()
        return httpx.post(link, data={"plan": "paid"}, trust_env=False).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(tap, range(8))) == {303}
    state = sandbox.http.get(f"{httpx.URL(link).path}/state").json()
    assert state["money"] == [["debit", PAISE]]
