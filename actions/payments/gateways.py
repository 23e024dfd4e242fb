"""Payment gateways: described like departments (`data/gateways/*.yml`), called by one connector.

A gateway's file has the operations `lookUpOrder`, `closeOrder` and `refundOrder`; their outcomes
have the names used here, whatever the gateway itself calls them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from actions.departments.definition import DefinitionError, DepartmentDefinition, define
from actions.departments.directory import DepartmentDirectory
from actions.departments.result import OperationResult
from actions.payments.payment import Money, Payment
from nlu.catalogue.departments import read_departments
from nlu.catalogue.vocabulary import read_languages
from nlu.catalogue.yaml_source import Source

LOOK_UP, CLOSE, REFUND = "lookUpOrder", "closeOrder", "refundOrder"
_NEEDED = {
    LOOK_UP: {"order_id", "amount_paise", "currency", "payment_id", "paid_on", "payer"},
    CLOSE: set(),
    REFUND: set(),
}
GatewayState = Literal["open", "pending", "paid", "failed", "closed", "refunding", "refunded"]


@dataclass(frozen=True)
class Found:
    """What a look-up says of the order that was asked for."""

    state: GatewayState
    money: Money


class Unbelievable(Exception):
    """A look-up answered about another order, or in another currency."""


def load_gateways(
    folder: Path, environ: Mapping[str, str] | None = None
) -> dict[str, DepartmentDefinition]:
    """Every gateway of `folder` (`data/gateways`), with the defaults of departments.

    Raises DefinitionError, which names file and line.
    """
    source = Source()
    languages = read_languages(source, folder.parent / "languages.yml")
    files = sorted(folder.glob("*.yml"))
    found = read_departments(source, folder.parent / "departments", files, languages)
    for gateway in found.values():
        for name, fields in _NEEDED.items():
            operation = gateway.operations.get(name)
            missing = fields - set(operation.result) if operation else {name}
            if missing:
                mend = "see docs/payments.md"
                source.add(gateway.file, 1, f"{name} lacks {', '.join(sorted(missing))}", mend)
    if source.problems:
        raise DefinitionError("\n".join(map(str, source.problems)))
    return {name: define(gateway, environ, gateway=True) for name, gateway in found.items()}


class Gateways:
    """All gateways; belongs to one event loop."""

    def __init__(self, directory: DepartmentDirectory, currency: str) -> None:
        self.directory = directory
        self._currency = currency

    async def look_up(self, payment: Payment) -> Found | None:
        """The order's state now; None where the gateway cannot say. Raises Unbelievable."""
        result = await self._call(payment, LOOK_UP, f"look-{payment.id}")
        if payment.order is None or result.outcome not in get_args(GatewayState):
            return None
        told = result.fields
        if told["order_id"] != payment.order.id or told["currency"] != self._currency:
            raise Unbelievable
        money = Money(
            told.get("payment_id", ""),
            int(told["amount_paise"]),
            told.get("paid_on", ""),
            told.get("payer", ""),
        )
        return Found(cast(GatewayState, result.outcome), money)

    async def close(self, payment: Payment) -> bool:
        """Whether the order can surely not be paid any more."""
        key = f"close-{payment.id}-{payment.version}"
        return (await self._call(payment, CLOSE, key)).outcome == "closed"

    async def refund(self, payment: Payment) -> bool:
        """Whether the gateway took the order to give all the money back; asked again, the same."""
        return (await self._call(payment, REFUND, f"refund-{payment.id}")).outcome == "taken"

    async def _call(self, payment: Payment, operation: str, key: str) -> OperationResult:
        order = payment.order
        return await self.directory.execute(
            payment.gateway,
            operation,
            {"order_id": order.id if order else ""},
            citizen="",
            request_id=key,
            language=payment.write.context.language,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self.directory.aclose()
