"""All sandbox departments and the payment gateway in one process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from actions.departments.credentials import SigningKey, read_signing_key
from actions.documents.issuer import Issuer
from actions.documents.settings import DOCUMENTS_URL, FOLDER
from actions.grievances.directory import FILE as OFFICES
from actions.grievances.directory import load_directory
from actions.sandbox import controls, grievances, officers, payments, problem
from actions.sandbox.access import Codes, Guard, read_policy
from actions.sandbox.clerk import serve
from actions.sandbox.desk import Desk
from actions.sandbox.faults import FaultyApp
from actions.sandbox.gateway import merchant, pages
from actions.sandbox.gateway.books import Books
from actions.sandbox.grievance_book import DEPARTMENT as GRIEVANCES
from actions.sandbox.grievance_book import GrievanceBook
from actions.sandbox.page import STATIC
from actions.sandbox.phones import OnRecord, SmsOutbox, read_households
from actions.sandbox.store import DEPARTMENTS, Store
from nlu.paths import data_folder
from nlu.settings.settings import SandboxSettings
from nlu.web import Door, host_of

GATEWAY = "gateway"
CALLBACK_URL = "http://127.0.0.1:5056/callbacks/payments/sandbox"
CHAT_URL = "https://wa.me/"
DEPARTMENT_CALLBACKS = "http://127.0.0.1:5056/callbacks"
_HEADERS = ("signature", "key_id", "timestamp", "nonce")


def create_app(
    database: Path,
    *,
    api_key: str = "sandbox-key",
    public_url: str | None = None,
    openapi: Path | None = None,
    documents_url: str = DOCUMENTS_URL,
    callback_url: str | None = None,
    department_callbacks: str | None = None,
    hosts: Iterable[str] = (),
    clock: Callable[[], float] = time.time,
    owners: Path | None = None,
    sms_url: str | None = None,
    chat_url: str = CHAT_URL,
) -> FastAPI:
    """The sandbox over the SQLite file `database`, which is made and seeded if it is not there.

    `public_url` is where citizens reach it (links to pay, documents); by default the address
    that a request came to. `openapi` is the folder of the departments' OpenAPI files, by default
    that of the catalogue. Documents are issued in the folder `documents` beside
    `database`; their QR codes lead to `documents_url`. The gateway calls Seva back at
    `callback_url`, and reads the time from `clock`; departments call it at
    `department_callbacks/<department>`. It goes by the names `hosts`, by that of `public_url` and
    by those of this machine. `owners` names more numbers that are on record wherever those of the
    seeds are. SMS are posted to `sms_url`; the payment page leads back to `chat_url`.
    Raises ValueError for a counter without an operation,
    and for an operation of which the department's file does not say who may use it.
    """
    described = openapi or data_folder() / "departments/openapi"
    store = Store(database)
    issuer = Issuer.open(database.parent / FOLDER, documents_url, make_keys=True)
    app = FastAPI(title="Seva sandbox", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Door, hosts=[*hosts, host_of(public_url or "")])
    problem.install(app)
    books = Books(store, clock)
    app.include_router(
        pages.build(books, merchant.Courier(callback_url, _callback_key()), chat_url)
    )
    app.mount("/pay/fonts", StaticFiles(directory=pages.FONTS))
    app.mount("/__static", StaticFiles(directory=STATIC))
    served, data = _served(described), described.parents[1]
    hooks = dict(payments.HOOKS)
    if GRIEVANCES in served:
        book = GrievanceBook(store, load_directory(data))
        hooks.update(grievances.hooks(book))
        app.include_router(officers.build(book, _courier(described, department_callbacks)))
    households, codes = read_households(owners), Codes(store, clock)
    sms = SmsOutbox(store, clock, sms_url)
    faulty: dict[str, FaultyApp] = {}
    for name in served:
        policy = read_policy(described.parent / f"{name}.yml")
        guard = Guard(policy, store, OnRecord(name, households), codes, sms)
        desk = Desk(name, store, api_key, public_url, issuer, guard)
        faulty[name] = FaultyApp(serve(desk, described / f"{name}.yml", hooks))
    faulty[GATEWAY] = FaultyApp(merchant.build(books, api_key))
    app.include_router(controls.build(store, faulty, sms))
    app.include_router(controls.build_page(store, faulty, sms))
    for name, department in faulty.items():
        app.mount(f"/{name}", department)
    return app


def _served(described: Path) -> list[str]:
    """The departments that the catalogue has; for grievances, it has to name the offices too."""
    found = [name for name in DEPARTMENTS if (described / f"{name}.yml").exists()]
    offices = (described.parents[1] / OFFICES).exists()
    return [name for name in found if name != GRIEVANCES or offices]


def _courier(described: Path, callbacks: str | None) -> officers.GrievanceCourier:
    key = officers.signing_key(described.parent / f"{GRIEVANCES}.yml")
    return officers.GrievanceCourier(callbacks and f"{callbacks}/{GRIEVANCES}", key)


def _callback_key() -> SigningKey:
    """As data/gateways/sandbox.yml has it."""
    headers = {name: f"X-{name.replace('_', '-').title()}" for name in _HEADERS}
    secret = {"env": "SEVA_GATEWAY_SANDBOX_SECRET", "default": "sandbox-callback-secret"}
    block = {"key_id": "sandbox-gateway", "secret": secret, "headers": headers}
    return read_signing_key(block, os.environ)


def _make_keys(folder: Path, documents_url: str) -> None:
    """Keys of all departments: the action server on this machine signs with them too."""
    keys = Issuer.open(folder, documents_url, make_keys=True).keys
    for department in DEPARTMENTS:
        keys.signing_key(department, int(time.time()), make=True)


def sandbox_command(settings: SandboxSettings) -> None:
    """`seva sandbox`: serve until interrupted. The file is `$SEVA_VAR_DIR/sandbox.sqlite`."""
    host, folder = settings.sandbox_host, settings.var_dir
    app = create_app(
        folder / "sandbox.sqlite",
        api_key=settings.sandbox_key,
        public_url=settings.sandbox_public_url or None,
        documents_url=settings.documents_url,
        callback_url=settings.sandbox_callback_url,
        department_callbacks=settings.sandbox_department_callbacks,
        hosts=(host, *settings.page_names),
        owners=Path(settings.sandbox_owners) if settings.sandbox_owners else None,
        sms_url=settings.sandbox_sms_url or None,
        chat_url=settings.sandbox_chat_url,
    )
    _make_keys(folder / FOLDER, settings.documents_url)
    # No access log: paths carry service and ticket numbers.
    uvicorn.run(
        app,
        host=host,
        port=settings.sandbox_port,
        access_log=False,
        log_level="warning",
        ws="none",
    )
