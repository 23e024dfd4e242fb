"""Who listens: strangers, the dead, the hung."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from rasa_sdk.executor import ActionExecutor
from starlette.applications import Starlette

from actions.server.webhook import webhook_app
from api.heartbeat import HealthServer, Heartbeat
from api.routes import health
from nlu.action_address import ActionAddress
from nlu.doctor.local_server import LocalServer
from tests.doctor.site import Site, answering
from tests.served import served

OURS = {"/health/live": (200, {"status": "ok"}), "/health/ready": (200, {"status": "ok"})}
SECRET = "secret-of-the-action-server"
AT = [
    ("serve", "SERVE", "SEVA_SERVE_PORT"),
    ("internal-listener", "INTERNAL", "SEVA_INTERNAL_PORT"),
    ("worker", "WORKER_METRICS", "SEVA_WORKER_METRICS_PORT"),
]


@pytest.mark.parametrize(("name", "port", "variable"), AT)
def test_a_port_that_a_stranger_took(name: str, port: str, variable: str, site: Site) -> None:
    assert site.result(name).not_looked
    with answering({"/health/live": (200, b"<html>hello")}, site.port(port)):
        found = site.only(name)
    assert found.severity == "critical" and variable in found.mend


def test_a_port_that_takes_and_never_answers(site: Site) -> None:
    site.limits["answer_seconds"] = 0.2
    with closing(socket.create_server(("127.0.0.1", site.port("SERVE")))):
        assert "does not answer in 0.2 s" in site.only("serve").what


@pytest.mark.parametrize("port", ["CALLBACKS", "ACTIONS_METRICS"])
def test_a_port_of_the_action_server_that_a_stranger_took(port: str, site: Site) -> None:
    assert site.well("action-ports")
    with answering({}, site.port(port)):
        assert f"SEVA_{port}_PORT" in site.only("action-ports").mend


def test_serve_is_missed_while_others_run(site: Site) -> None:
    assert "no process of Seva runs" in site.result("serve").not_looked
    site.process(11, "worker")
    assert "does not listen" in site.only("serve").what


def test_the_product_is_known_by_its_own_answer(site: Site) -> None:
    """Both listeners of `seva serve`, as it routes them."""
    for routes, name in ((health.routes, "SERVE"), (health.internal_routes, "INTERNAL")):
        with served(Starlette(routes=routes), site.port(name)):
            here = LocalServer("127.0.0.1", site.port(name))
            assert here.state("/health/live", key="status") == "ours"
            assert here.state("/health/live", key="silence_s") == "stranger"


def test_serve_that_has_no_model(site: Site) -> None:
    with answering(OURS, site.port("SERVE")):
        assert site.well("serve")
    not_ready = {**OURS, "/health/ready": (503, {"type": "not-ready"})}
    with answering(not_ready, site.port("SERVE")):
        assert "is not ready" in site.only("serve").what


def test_serve_that_is_about_to_stop_has_its_model(site: Site) -> None:
    """The report would have said `critical`, and that no text is understood."""
    draining = {**OURS, "/health/ready": (503, {"type": "/problems/draining"})}
    with answering(draining, site.port("SERVE")):
        assert "about to stop" in site.result("serve").not_looked


def test_a_promoted_model_that_does_not_load(site: Site) -> None:
    """The old one answers on, and nobody who promoted is told."""
    told = {"status": "ok", "checks": {"model": "ok"}, "troubles": {"model": "m is no model"}}
    with answering({**OURS, "/health/ready": (200, told)}, site.port("INTERNAL")):
        found = site.only("internal-listener")
    assert found.severity == "trouble" and "m is no model" in found.what


def test_no_internal_listener_beside_serve(site: Site) -> None:
    with answering(OURS, site.port("SERVE")):
        assert "nobody listens" in site.only("internal-listener").what
        site.environ["SEVA_INTERNAL_PORT"] = "0"
        assert site.result("internal-listener").not_looked


@contextmanager
def heart(site: Site, silent_s: float = 60) -> Iterator[Heartbeat]:
    """A worker's health, at its port."""
    beats = Heartbeat(silent_s)
    port = site.port("WORKER_METRICS")
    server = HealthServer(beats, CollectorRegistry(), "127.0.0.1", port)
    try:
        yield beats
    finally:
        server.close()


def test_no_worker_while_others_run(site: Site) -> None:
    site.process(11, "serve")
    found = site.only("worker")
    assert found.severity == "critical" and "no `seva worker` runs" in found.what


def test_a_worker_that_hangs(site: Site) -> None:
    with heart(site, silent_s=0.01):
        time.sleep(0.05)
        assert "hangs" in site.only("worker").what


def test_a_worker_that_waits_for_something_of_ours(site: Site) -> None:
    with heart(site) as beats:
        assert site.well("worker")
        beats.trouble("outage", "action server")
        assert "waited 0 s for action server (outage)" in site.only("worker").what


def test_a_worker_with_another_port(site: Site) -> None:
    site.process(11, "worker")
    assert "none listens" in site.only("worker").what


@contextmanager
def actions(site: Site, **trouble: str) -> Iterator[None]:
    """The action server's application over TCP, with a secret."""

    async def health() -> dict[str, str]:
        return trouble

    address = ActionAddress.of("http://127.0.0.1:1", Path())
    app = webhook_app(ActionExecutor(), health, address, SECRET, 1 << 20, 5.0)
    with served(app) as url:
        site.environ["SEVA_ACTION_SERVER_URL"] = url.replace("localhost", "127.0.0.1")
        yield


def test_the_action_server_of_another_secret(site: Site) -> None:
    with actions(site):
        site.environ["SEVA_ACTIONS_SECRET"] = SECRET
        assert site.well("action-server")
        site.environ["SEVA_ACTIONS_SECRET"] = "another"
        found = site.only("action-server")
    assert "SEVA_ACTIONS_SECRET" in found.what and "another" not in str(found)


def test_an_action_server_that_cannot_read_its_stores(site: Site) -> None:
    with actions(site, journal="OperationalError"):
        site.environ["SEVA_ACTIONS_SECRET"] = SECRET
        assert "stores: journal" in site.only("action-server").what


def test_a_socket_that_nobody_listens_at(site: Site) -> None:
    """What a killed action server leaves behind."""
    assert site.result("action-server").not_looked
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(site.var / "actions.sock"))
    site.process(11, "worker")
    found = site.only("action-server")
    assert "a killed one left behind" in found.what and found.severity == "critical"


def test_a_file_in_the_place_of_the_socket(site: Site) -> None:
    site.write("var/actions.sock", "")
    assert "is no socket" in site.only("action-server").what
