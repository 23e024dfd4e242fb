"""`seva serve` and `seva actions`: one of each, or several behind HAProxy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from benchmarks import behind_haproxy
from benchmarks.machine import free_port
from benchmarks.upheaval.supervisor import Process
from nlu.action_address import HEALTH, ActionAddress

CLI = "nlu.cli"
_ACTIONS_CONFIG = Path(__file__).parent / "actions.cfg"


def web_servers(folder: Path, count: int, environment: Mapping[str, str]) -> list[Process]:
    """`seva serve`, on `SEVA_SERVE_PORT`; several by the configuration of deploy/haproxy.cfg, which
    names two. Raises RuntimeError where HAProxy is not installed."""
    ready, port = "/health/ready", environment["SEVA_SERVE_PORT"]
    if count == 1:
        return [Process("serve", (CLI, "serve"), f"http://127.0.0.1:{port}{ready}")]
    ports = [free_port() for _ in range(count)]
    config = folder / "haproxy.cfg"
    named = behind_haproxy.CONFIG.read_text("utf-8")
    known = behind_haproxy.ports(named)
    if len(known) != count:
        raise RuntimeError(f"{behind_haproxy.CONFIG} is for {len(known)} servers, not for {count}")
    for old, new in zip(known, ports, strict=True):
        named = named.replace(f"127.0.0.1:{old}", f"127.0.0.1:{new}")
    config.write_text(named, "utf-8")
    found = []
    for number, own in enumerate(ports, start=1):
        internal = environment["SEVA_INTERNAL_PORT"] if number == 1 else str(free_port())
        theirs = {"SEVA_SERVE_PORT": str(own), "SEVA_INTERNAL_PORT": internal}
        found.append(
            Process(f"serve-{number}", (CLI, "serve"), f"http://127.0.0.1:{own}{ready}", theirs)
        )
    return [*found, _proxy("front", config, f"127.0.0.1:{port}", ready)]


def action_servers(folder: Path, count: int, environment: Mapping[str, str]) -> list[Process]:
    """`seva actions`, at `SEVA_ACTION_SERVER_URL`. Departments call back the first of several."""
    var = Path(environment["SEVA_VAR_DIR"])
    address = ActionAddress.of(environment["SEVA_ACTION_SERVER_URL"], var)
    if count == 1:
        ready = f"{address.base_url}{HEALTH}"
        return [Process("actions", (CLI, "actions"), ready, socket=address.socket)]
    ports = [free_port() for _ in range(count)]
    servers = "\n".join(f"    server actions-{p} 127.0.0.1:{p} check" for p in ports)
    config = folder / "actions.cfg"
    config.write_text(f"{_ACTIONS_CONFIG.read_text('utf-8').rstrip()}\n{servers}\n", "utf-8")
    found = []
    for number, own in enumerate(ports, start=1):
        command = (CLI, "actions", "--port", str(own))
        theirs = {} if number == 1 else {"SEVA_CALLBACKS_PORT": "0"}
        ready = f"http://127.0.0.1:{own}{HEALTH}"
        found.append(Process(f"actions-{number}", command, ready, theirs))
    return [*found, _proxy("actions-front", config, f"{address.host}:{address.port}", HEALTH)]


def _proxy(name: str, config: Path, bind: str, ready: str) -> Process:
    program = behind_haproxy.program()
    if program is None:
        raise RuntimeError("HAProxy is not installed; `make system` brings it")
    return Process(
        name,
        ("-f", str(config)),
        f"http://{bind}{ready}",
        {"HAPROXY_BIND": bind},
        program=(program,),
    )
