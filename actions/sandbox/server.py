"""All sandbox departments and the payment gateway in one process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, Field

from actions.documents.issue import Issuer
from actions.documents.settings import DOCUMENTS_URL, FOLDER
from actions.sandbox import (
    apsrtc,
    canteens,
    cmrf,
    endowments,
    energy,
    municipal,
    payments,
    problem,
    revenue,
)
from actions.sandbox.counter import add_counters
from actions.sandbox.desk import Desk
from actions.sandbox.faults import Fault, FaultyApp, Mode
from actions.sandbox.store import DEPARTMENTS, Store

_CODED = {
    "endowments": endowments.build,
    "energy": energy.build,
    "apsrtc": apsrtc.build,
    "revenue": revenue.build,
    "canteens": canteens.build,
    "cmrf": cmrf.build,
    "municipal": municipal.build,
}


class FaultRequest(BaseModel):
    """Body of `PUT /__faults/<department>`."""

    mode: Mode
    delay_s: float | None = Field(None, ge=0, le=86400)
    times: int | None = Field(None, ge=1)


def create_app(
    database: Path,
    *,
    api_key: str = "sandbox-key",
    public_url: str | None = None,
    openapi: Path | None = None,
    documents_url: str = DOCUMENTS_URL,
) -> FastAPI:
    """The sandbox over the SQLite file `database`, which is made and seeded if it is not there.

    `public_url` is where citizens reach it (links to pay, documents); by default the address
    that a request came to. `openapi` is the folder of the departments' OpenAPI files, by default
    that of the catalogue. Documents are issued in the folder `documents` beside
    `database`; their QR codes lead to `documents_url`.
    """
    described = openapi or Path(os.environ.get("SEVA_DATA_DIR") or "data") / "departments/openapi"
    store = Store(database)
    issuer = Issuer.open(database.parent / FOLDER, documents_url, make_keys=True)
    app = FastAPI(title="Seva sandbox", docs_url=None, redoc_url=None, openapi_url=None)
    problem.install(app)
    app.include_router(payments.build(store))
    faulty: dict[str, FaultyApp] = {}
    for name in DEPARTMENTS:
        desk = Desk(name, store, api_key, public_url, issuer)
        counters = _CODED.get(name, _written)(desk)
        desk.serve_documents(counters)
        add_counters(desk, counters, described / f"{name}.yml")
        faulty[name] = FaultyApp(counters)
    _add_controls(app, store, faulty)
    for name, department in faulty.items():
        app.mount(f"/{name}", department)
    return app


def _written(desk: Desk) -> FastAPI:
    """A department without code: all its counters are written down."""
    return desk.app(f"{desk.department.title()} (sandbox)")


def _add_controls(app: FastAPI, store: Store, faulty: dict[str, FaultyApp]) -> None:
    """Switches and peepholes for tests and demos; a real department has none of these."""

    def known(department: str) -> FaultyApp:
        if department not in faulty:
            raise problem.not_found("department")
        return faulty[department]

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/__faults/{department}")
    def get_fault(department: str) -> dict[str, Any]:
        return vars(known(department).fault)

    @app.put("/__faults/{department}")
    def put_fault(department: str, body: FaultRequest) -> dict[str, Any]:
        known(department).fault = Fault(body.mode, body.delay_s, body.times)
        return body.dict()

    @app.get("/__writes/{department}")
    def get_writes(department: str) -> list[dict[str, Any]]:
        known(department)
        with store.transaction() as db:
            rows = db.execute(
                "SELECT operation, key AS idempotency_key, reference, at FROM writes"
                " WHERE department = ? ORDER BY id",
                (department,),
            ).fetchall()
        return [dict(row) for row in rows]

    @app.post("/__reset/{department}")
    def reset(department: str) -> dict[str, str]:
        known(department).fault = Fault()
        store.reset(department)
        return {"status": "ok"}


def sandbox_command(host: str = "127.0.0.1", port: int = 8790) -> None:
    """`seva sandbox`: serve until interrupted. The file is `$SEVA_VAR_DIR/sandbox.sqlite`."""
    folder = Path(os.environ.get("SEVA_VAR_DIR", "var"))
    app = create_app(
        folder / "sandbox.sqlite",
        api_key=os.environ.get("SEVA_SANDBOX_KEY", "sandbox-key"),
        public_url=os.environ.get("SEVA_SANDBOX_PUBLIC_URL") or None,
        documents_url=os.environ.get("SEVA_DOCUMENTS_URL") or DOCUMENTS_URL,
    )
    # No access log: paths carry service and ticket numbers.
    uvicorn.run(app, host=host, port=port, access_log=False, log_level="warning", ws="none")
