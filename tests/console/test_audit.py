"""What was done is kept, its hashes are in the public log, and a change is found."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from actions.server.webhook import webhook_app
from actions.transparency.console_entries import console_entries_app, entry, read_digest
from actions.transparency.key_events import read_event
from actions.transparency.log import Log
from api.console.action_server import ServerAway
from api.console.audit import Audit, contradictions, publish
from api.console.schema import AUDIT, TABLES
from nlu.action_address import CONSOLE_LOG, ActionAddress
from nlu.storage.tables import IN_MEMORY, open_tables
from tests.console.conftest import House


class Server:
    """The console's way to the action server, without a socket between."""

    def __init__(self, client: TestClient) -> None:
        self.client, self.away = client, False

    async def ask(self, method: str, path: str, **more):  # type: ignore[no-untyped-def]
        if self.away:
            raise ServerAway(path)
        return self.client.request(method, path, **more)


@pytest.fixture()
def log(tmp_path: Path) -> Log:
    return Log.open(tmp_path / "log", origin="seva.example/log")


@pytest.fixture()
def server(log: Log) -> Iterator[Server]:
    async def well() -> dict[str, str]:
        return {}

    address = ActionAddress(None, "127.0.0.1", 5055)
    app = webhook_app(
        type("NoActions", (), {"actions": {}})(),  # type: ignore[arg-type]
        well,
        address,
        "secret",
        1 << 20,
        10,
        inside={CONSOLE_LOG: console_entries_app(lambda: log)},
    )
    headers = {"Authorization": "Bearer secret"}
    with TestClient(app, base_url="http://127.0.0.1:5055", headers=headers) as client:
        yield Server(client)


@pytest.fixture()
def audit() -> Audit:
    return Audit(open_tables(IN_MEMORY, TABLES))


def run(call):  # type: ignore[no-untyped-def]
    return asyncio.run(call)


def test_hashes_reach_the_log_once_the_server_is_there(audit: Audit, server: Server) -> None:
    for number in range(3):
        audit.keep("sita", "review.accept", {"card": str(number)})
    server.away = True
    with pytest.raises(ServerAway):
        run(publish(audit, server))
    server.away = False
    assert run(publish(audit, server)) == 3 and run(publish(audit, server)) == 0
    assert [deed.entry for deed in audit.all()] == [0, 1, 2]
    assert run(contradictions(audit, server)) == []


def test_a_row_that_is_changed_or_deleted_contradicts_the_log(audit: Audit, server: Server) -> None:
    for number in range(3):
        audit.keep("sita", "model.promote", {"model": str(number)})
    run(publish(audit, server))
    first, second, _ = audit.all()
    with audit._engine.begin() as db:
        db.execute(AUDIT.update().where(AUDIT.c.id == first.id).values(account="ram"))
        db.execute(AUDIT.delete().where(AUDIT.c.id == second.id))
    wrong = run(contradictions(audit, server))
    assert [line.split(":")[0] for line in wrong] == [
        "entry 0 of the log",
        "entry 1 of the log",
        f"row {first.id}",
    ]


def test_a_row_that_never_got_there_is_told(audit: Audit, server: Server) -> None:
    """Somebody adds a row later and says that it is in the log."""
    audit.keep("sita", "sign_in", {})
    run(publish(audit, server))
    audit.keep("sita", "model.promote", {})
    audit.entered([audit.waiting()[0]], 0)
    assert len(run(contradictions(audit, server))) == 1


def test_a_lost_answer_contradicts_nothing(audit: Audit, server: Server, log: Log) -> None:
    audit.keep("sita", "sign_in", {})
    log.append_many([entry(bytes.fromhex(audit.waiting()[0].digest()))])
    run(publish(audit, server))
    assert run(contradictions(audit, server)) == []


def test_a_long_log_is_read_in_pieces(audit: Audit, server: Server, log: Log) -> None:
    log.append_many([bytes([number % 256]) * 32 for number in range(5000)])
    audit.keep("sita", "sign_in", {})
    run(publish(audit, server))
    log.append_many([bytes([number % 256]) * 32 for number in range(300)])
    assert run(contradictions(audit, server)) == []


def test_entries_are_told_apart(log: Log) -> None:
    digest = bytes(range(32))
    assert read_digest(entry(digest)) == digest
    assert read_digest(digest) is None and read_event(entry(digest)) is None
    assert read_digest(b"seva-key/v1\n" + digest) is None
    with pytest.raises(ValueError):
        entry(b"short")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"digests": []}', b'{"digests": ["zz"]}', b'{"digests": ["ab"]}']
)
def test_what_is_no_digest_is_refused(server: Server, body: bytes) -> None:
    assert server.client.post(f"{CONSOLE_LOG}/", content=body).status_code == 422


def test_only_our_processes_append(server: Server, log: Log) -> None:
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer guessed"}):
        answer = server.client.post(
            f"{CONSOLE_LOG}/", json={"digests": ["00" * 32]}, headers=headers
        )
        assert answer.status_code == 401
    assert log.size == 0


def test_pages_show_what_was_done(house: House) -> None:
    sita = house.person("sita", "auditor")
    house.console.audit.keep("ram", "model.promote", {"model": "b4a3"})
    page = sita.get("/audit").text
    assert "model.promote" in page and "model: b4a3" in page and "ram" in page
    assert sita.send("/audit").status_code == 503  # no action server here


def test_pages_of_a_long_audit(house: House) -> None:
    sita = house.person("sita", "auditor")
    for number in range(130):
        house.clock.now += 1
        house.console.audit.keep("ram", "act", {"number": number})
    page = sita.get("/audit").text
    assert "number: 129" in page and "number: 29<" not in page
    older = page.split('href="/audit?before=')[1].split('"')[0]
    assert "number: 29<" in sita.get(f"/audit?before={older}").text
    assert sita.get("/audit?before=x").status_code == 404


def test_the_hash_is_of_all_that_is_told(audit: Audit) -> None:
    audit.keep("sita", "act", {"a": "తెలుగు"})
    (deed,) = audit.all()
    with audit._engine.begin() as db:
        db.execute(sa.text("UPDATE audit SET at = at + 1"))
    assert audit.all()[0].digest() != deed.digest()


def test_rows_of_one_moment_have_an_order() -> None:
    audit = Audit(open_tables(IN_MEMORY, TABLES), lambda: 1796000000.0)
    for number in range(20):
        audit.keep("sita", "act", {"number": number})
    assert [deed.about["number"] for deed in audit.all()] == list(range(20))
