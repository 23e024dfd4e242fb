"""The supervisor of the benchmarks' deployments, with real processes that do nothing; and what
stands before several of a role."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from benchmarks import behind_haproxy
from benchmarks.machine import family, free_port
from benchmarks.stream.memory import sample
from benchmarks.upheaval.behind import action_servers, web_servers
from benchmarks.upheaval.supervisor import Process, Supervisor

ENVIRONMENT = {
    "SEVA_SERVE_PORT": "1",
    "SEVA_INTERNAL_PORT": "2",
    "SEVA_VAR_DIR": "var",
    "SEVA_ACTION_SERVER_URL": "http://127.0.0.1:3",
}


@asynccontextmanager
async def running(folder: Path, *names: str, held: str = "") -> AsyncIterator[Supervisor]:
    """Servers that answer 200 to everybody."""
    processes = []
    for name in names:
        port = free_port()
        command = ("benchmarks.webhooks.trivial", str(port))
        process = Process(name, command, f"http://127.0.0.1:{port}/", cores="0")
        process.held = name == held
        processes.append(process)
    supervisor = Supervisor(processes, folder, pause_s=0.05)
    try:
        await supervisor.start()
        yield supervisor
    finally:
        await supervisor.stop()


async def test_a_restart_is_over_when_the_successor_answers(tmp_path: Path) -> None:
    async with running(tmp_path, "one", "two") as supervisor:
        before = {name: supervisor.pid(name) for name in ("one", "two")}
        assert await supervisor.restart("one") > 0
        assert supervisor.processes["one"].up
        after = {name: supervisor.pid(name) for name in ("one", "two")}
    assert after["one"] != before["one"] and after["two"] == before["two"]
    assert supervisor.kills == []  # it was asked to end


async def test_what_is_held_is_started_when_it_is_released(tmp_path: Path) -> None:
    async with running(tmp_path, "one", "two", held="two") as supervisor:
        assert supervisor.pid("two") is None and not supervisor.processes["two"].up
        supervisor.release("two")
        await supervisor.up("two")
        pid = supervisor.pid("two")
        assert pid is not None
        assert supervisor.hold("two")
        assert not Path(f"/proc/{pid}").exists()
        with pytest.raises(RuntimeError, match="two is not up"):
            await supervisor.up("two", within_s=0.3)


async def test_memory_is_that_of_every_process(tmp_path: Path) -> None:
    async with running(tmp_path, "one", "two") as supervisor:
        found = await asyncio.to_thread(sample, supervisor)
        pid = supervisor.pid("one")
        assert pid is not None and family(pid) == [pid]  # taskset is the process itself
    assert found.mb.keys() == {"one", "two"}
    assert all(1 < mb < 500 for mb in found.mb.values())


@pytest.mark.skipif(behind_haproxy.program() is None, reason="haproxy is not installed")
def test_several_of_a_role_stand_behind_haproxy(tmp_path: Path) -> None:
    """Each has ports of its own, and HAProxy takes the configuration."""
    serves = web_servers(tmp_path, 2, ENVIRONMENT)
    actions = action_servers(tmp_path, 2, ENVIRONMENT)
    assert [one.name for one in serves] == ["serve-1", "serve-2", "front"]
    assert [one.name for one in actions] == ["actions-1", "actions-2", "actions-front"]
    for name in ("SEVA_SERVE_PORT", "SEVA_INTERNAL_PORT"):
        first, second = (one.environment[name] for one in serves[:2])
        assert first != second
    assert "SEVA_CALLBACKS_PORT" not in actions[0].environment
    assert actions[1].environment["SEVA_CALLBACKS_PORT"] == "0"
    for proxy, behind in ((serves[-1], serves[:2]), (actions[-1], actions[:2])):
        config = Path(proxy.command[-1])
        checked = [*proxy.program, "-c", *proxy.command]
        done = subprocess.run(checked, env=dict(proxy.environment), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        ports = {f"{port}" for port in behind_haproxy.ports(config.read_text("utf-8"))}
        assert ports == {one.ready.split(":")[2].partition("/")[0] for one in behind}


def test_one_of_a_role_stands_alone(tmp_path: Path) -> None:
    assert [one.name for one in web_servers(tmp_path, 1, ENVIRONMENT)] == ["serve"]
    assert [one.name for one in action_servers(tmp_path, 1, ENVIRONMENT)] == ["actions"]
