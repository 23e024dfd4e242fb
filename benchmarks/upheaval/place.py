"""Where a run takes place: Seva's processes, the sandbox and WhatsApp, on ports of their own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from benchmarks.machine import free_port
from benchmarks.talk.data import ROOT, data_folder
from benchmarks.upheaval import database
from benchmarks.upheaval.behind import CLI, action_servers, web_servers
from benchmarks.upheaval.records import write_owners
from benchmarks.upheaval.supervisor import Process, Supervisor
from nlu.action_address import EMBEDDED
from nlu.catalogue import Catalogue

Engine = Literal["sqlite", "postgres", "replicated"]
"""Where state lies: files, a server of PostgreSQL, or one with a replica that has each commit."""


def models_folder() -> Path:
    """The registry: that of the checkout, or of `SEVA_MODELS_DIR`."""
    return Path(os.environ.get("SEVA_MODELS_DIR") or ROOT / "models").absolute()


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Which processes there are, and where they run."""

    workers: int = 2
    serves: int = 1
    """More than one listen behind HAProxy."""
    actions: int = 1
    """As of `serves`."""
    engine: Engine = "sqlite"
    cores: Mapping[str, str] = field(default_factory=dict)
    """The cores of a process as `taskset` takes them, by its name; "" is for all others."""
    environment: Mapping[str, str] = field(default_factory=dict)
    models: Path = field(default_factory=models_folder)


@dataclass(frozen=True)
class Place:
    """Addresses, files and processes."""

    serve: str
    sandbox: str
    webhook: str
    book: Path
    books: Path
    metrics: Sequence[str]
    models: Path
    supervisor: Supervisor
    databases: Mapping[str, database.Node] = field(default_factory=dict)
    """The servers of PostgreSQL, by the name of their process."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What the processes share."""


def placed(
    folder: Path,
    catalogue: Catalogue,
    settings: Mapping[str, Any],
    seed: int,
    citizens: Sequence[str] = (),
    layout: Layout = Layout(),
) -> Place:
    """A place whose files lie in `folder`; nothing runs yet. `citizens`: phones on record."""
    workers = [f"worker-{number}" for number in range(1, layout.workers + 1)]
    names = ("serve", "internal", "callbacks", "sandbox", "whatsapp", *workers)
    at = {name: f"http://127.0.0.1:{free_port()}" for name in names}
    port = {name: url.rpartition(":")[2] for name, url in at.items()}
    var = folder / "var"
    os.makedirs(var, exist_ok=True)
    owners = folder / "owners.yml"
    write_owners(owners, citizens)
    environment = {
        "SEVA_VAR_DIR": str(var),
        "SEVA_ASK_IF_RIGHT_PERCENT": "0",  # a message more than those that are judged
        "SEVA_MODELS_DIR": str(layout.models),
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
        **layout.environment,
    }
    if settings.get("departments"):  # else the live model's own catalogue serves, as it is
        data = data_folder(folder / "data", settings["departments"], {})
        environment["SEVA_DATA_DIR"] = str(data)
    for department in filter(lambda one: one.called, catalogue.departments.values()):
        environment[department.base_url.env] = f"{at['sandbox']}/{department.id}"
    webhook, book = f"{at['serve']}/webhooks/whatsapp", folder / "whatsapp.jsonl"
    told = (port["whatsapp"], str(book), webhook, str(seed), str(settings["lost_answers"]))
    if layout.actions > 1:
        environment["SEVA_ACTION_SERVER_URL"] = f"http://127.0.0.1:{free_port()}"
        environment["SEVA_ACTIONS_SECRET"] = secrets.token_urlsafe(16)
    processes = [
        Process("sandbox", (CLI, "sandbox"), f"{at['sandbox']}/health"),
        Process("whatsapp", ("benchmarks.upheaval.whatsapp", *told), f"{at['whatsapp']}/health"),
        *action_servers(folder, layout.actions, environment),
        *web_servers(folder, layout.serves, environment),
        *(
            Process(
                name,
                (CLI, "worker"),
                f"{at[name]}/health/ready",
                {"SEVA_WORKER_METRICS_PORT": port[name]},
            )
            for name in workers
        ),
    ]
    servers = database_servers(folder, layout.engine)
    if servers:
        environment["SEVA_DATABASE_URL"] = database.url([node for _, node in servers])
    processes = [process for process, _ in servers] + processes
    for process in processes:
        process.environment = {**environment, **process.environment}
        process.cores = layout.cores.get(process.name, layout.cores.get("", ""))
    supervisor = Supervisor(processes, folder / "logs", settings["pause"])
    return Place(
        serve=at["serve"],
        sandbox=at["sandbox"],
        webhook=webhook,
        book=book,
        books=var / "sandbox.sqlite",
        metrics=[f"{at[name]}/metrics" for name in workers],
        models=layout.models,
        supervisor=supervisor,
        databases={process.name: node for process, node in servers},
        environment=environment,
    )


def database_servers(folder: Path, engine: Engine) -> list[tuple[Process, database.Node]]:
    """The servers of PostgreSQL, the first one first; none for SQLite. Raises RuntimeError where
    it is not installed."""
    if engine == "sqlite":
        return []
    if database.PROGRAMS is None:
        raise RuntimeError("PostgreSQL is not installed; `make system` brings it")
    folder.chmod(0o711)  # the server runs as nobody and has to come by
    names = ("postgres",) if engine == "postgres" else ("postgres-a", "postgres-b")
    nodes = [database.Node(folder / name, free_port()) for name in names]
    found = []
    for name, node in zip(names, nodes, strict=True):
        node.folder.mkdir(parents=True, exist_ok=True)
        ready = free_port()
        others = [f"{one.folder}:{one.port}" for one in nodes if one is not node]
        told = (str(node.folder), str(node.port), str(ready), *others)
        command = ("benchmarks.upheaval.database", *told)
        process = Process(name, command, f"http://127.0.0.1:{ready}/", first=True)
        found.append((process, node))
    return found
