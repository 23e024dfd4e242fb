"""Where a run takes place: Seva's processes, the sandbox and WhatsApp, on ports of their own."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import free_port
from benchmarks.talk.data import ROOT, data_folder
from benchmarks.upheaval import database
from benchmarks.upheaval.records import write_owners
from benchmarks.upheaval.supervisor import Process, Supervisor
from nlu.action_address import EMBEDDED, HEALTH, ActionAddress
from nlu.catalogue import Catalogue

CLI = "nlu.cli"


@dataclass(frozen=True)
class Place:
    """Addresses, files and processes."""

    serve: str
    sandbox: str
    webhook: str
    book: Path
    books: Path
    metrics: Sequence[str]
    supervisor: Supervisor


def placed(
    folder: Path,
    catalogue: Catalogue,
    settings: Mapping[str, Any],
    seed: int,
    citizens: Sequence[str] = (),
    *,
    postgres: bool = False,
) -> Place:
    """A place whose files lie in `folder`; nothing runs yet. `citizens`: phones on record.
    `postgres`: state lies in a server of its own."""
    names = ("serve", "internal", "callbacks", "sandbox", "whatsapp", "worker-1", "worker-2")
    at = {name: f"http://127.0.0.1:{free_port()}" for name in names}
    port = {name: url.rpartition(":")[2] for name, url in at.items()}
    var = folder / "var"
    os.makedirs(var, exist_ok=True)
    owners = folder / "owners.yml"
    write_owners(owners, citizens)
    environment = {
        "SEVA_VAR_DIR": str(var),
        "SEVA_DATA_DIR": str(data_folder(folder / "data", settings["departments"], {})),
        "SEVA_MODELS_DIR": str(ROOT / "models"),
        "SEVA_SERVE_PORT": port["serve"],
        "SEVA_ACTION_SERVER_URL": EMBEDDED,
        "SEVA_ACTIONS_METRICS_PORT": "0",
        "SEVA_CALLBACKS_PORT": port["callbacks"],
        "SEVA_SANDBOX_PORT": port["sandbox"],
        "SEVA_SANDBOX_OWNERS": str(owners),
        "SEVA_WHATSAPP_BASE_URL": at["whatsapp"],
        "SEVA_INTERNAL_PORT": port["internal"],
        "SEVA_GATEWAY_SANDBOX_URL": f"{at['sandbox']}/gateway",
        "SEVA_SANDBOX_DEPARTMENT_CALLBACKS": f"{at['callbacks']}/callbacks",
        "SEVA_SANDBOX_CALLBACK_URL": f"{at['callbacks']}/callbacks/payments/sandbox",
        **settings["environment"],
    }
    for department in filter(lambda one: one.called, catalogue.departments.values()):
        environment[department.base_url.env] = f"{at['sandbox']}/{department.id}"
    webhook, book = f"{at['serve']}/webhooks/whatsapp", folder / "whatsapp.jsonl"
    told = (port["whatsapp"], str(book), webhook, str(seed), str(settings["lost_answers"]))
    actions = ActionAddress.of(EMBEDDED, var)
    processes = [
        Process("sandbox", (CLI, "sandbox"), f"{at['sandbox']}/health"),
        Process("whatsapp", ("benchmarks.upheaval.whatsapp", *told), f"{at['whatsapp']}/health"),
        Process("actions", (CLI, "actions"), f"{actions.base_url}{HEALTH}", socket=actions.socket),
        Process("serve", (CLI, "serve"), f"{at['serve']}/health/ready"),
        *(
            Process(
                name,
                (CLI, "worker"),
                f"{at[name]}/metrics",
                {"SEVA_WORKER_METRICS_PORT": port[name]},
            )
            for name in ("worker-1", "worker-2")
        ),
    ]
    if postgres:
        store = folder / "postgres"
        os.makedirs(store, exist_ok=True)
        folder.chmod(0o711)  # the server runs as nobody and has to come by
        ready = free_port()
        command = ("benchmarks.upheaval.database", str(store), str(ready))
        processes.insert(0, Process("postgres", command, f"http://127.0.0.1:{ready}/", first=True))
        environment["SEVA_DATABASE_URL"] = database.url(store)
    for process in processes:
        process.environment = {**environment, **process.environment}
    workers = [f"{at[name]}/metrics" for name in ("worker-1", "worker-2")]
    supervisor = Supervisor(processes, folder / "logs", settings["pause"])
    return Place(
        at["serve"], at["sandbox"], webhook, book, var / "sandbox.sqlite", workers, supervisor
    )
