"""The gateway's API for merchants: look an order up, close it, give its money back."""

from __future__ import annotations

import secrets

from fastapi import Depends, FastAPI, Path, Security
from fastapi.security import APIKeyHeader

from actions.sandbox import problem
from actions.sandbox.desk import Body, idempotency_key
from actions.sandbox.gateway.books import Books
from actions.sandbox.problem import Problem

_API_KEY = APIKeyHeader(name="X-Api-Key", auto_error=False)
_ORDER = "^ORD-[0-9a-f]{12}$"


def build(books: Books, api_key: str) -> FastAPI:
    """The app; its OpenAPI file is `data/gateways/openapi/sandbox.yml`."""
    app = FastAPI(title="Payment gateway (sandbox)", version="1.0", docs_url=None, redoc_url=None)
    app.openapi_version = "3.0.3"
    problem.install(app)

    def check(key: str | None = Security(_API_KEY)) -> None:
        if not secrets.compare_digest((key or "").encode(), api_key.encode()):
            raise Problem(401, "unauthorised", "Unauthorised")

    guarded = [Depends(check)]

    @app.get("/orders/{order_id}", operation_id="lookUpOrder", dependencies=guarded)
    def look_up(order_id: str = Path(..., regex=_ORDER)) -> Body:
        return dict(books.order(order_id).answer())

    @app.post("/orders/{order_id}/close", operation_id="closeOrder", dependencies=guarded)
    def close(order_id: str = Path(..., regex=_ORDER), key: str = Depends(idempotency_key)) -> Body:
        return dict(books.close(order_id).answer())

    @app.post("/orders/{order_id}/refund", operation_id="refundOrder", dependencies=guarded)
    def refund(
        order_id: str = Path(..., regex=_ORDER), key: str = Depends(idempotency_key)
    ) -> Body:
        return dict(books.refund(order_id).answer())

    return app
