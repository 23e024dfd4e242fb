"""A deployment in a folder of its own: sound, until a test breaks something."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from nlu.doctor import Deployment, Finding
from nlu.doctor.examination import Result, all_checks, examine
from nlu.doctor.limits import load_limits
from nlu.doctor.machine import Machine
from nlu.settings import Role
from tests.processes import free_port
from tests.releases import register

PORTS = ("SERVE", "INTERNAL", "WORKER_METRICS", "ACTIONS_METRICS", "CALLBACKS")
CHECKS = {one.name: one for one in all_checks()}
LIVE = "20261201-000000-abcdef01"
MEMINFO = "MemTotal:       64000000 kB\n"


@dataclass
class Site:
    """`var` is SEVA_VAR_DIR. The machine has no other processes, and memory enough."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    limits: dict[str, Any] = field(default_factory=dict)
    roles: tuple[Role, ...] = ()

    def __post_init__(self) -> None:
        self.var.mkdir(mode=0o700)
        self.models.mkdir()
        self.write("proc/meminfo", MEMINFO)
        self.write("proc/self/mounts", "/dev/vda1 / ext4 rw 0 0\n")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii")
        self.write("proc/sys/kernel/random/boot_id", boot)
        self.environ |= {
            "SEVA_VAR_DIR": str(self.var),
            "SEVA_MODELS_DIR": str(self.models),
            "SEVA_PROCESSES": "1",
            **{f"SEVA_{name}_PORT": str(free_port()) for name in PORTS},
        }

    @property
    def var(self) -> Path:
        return self.folder / "var"

    @property
    def models(self) -> Path:
        return self.folder / "models"

    @property
    def proc(self) -> Path:
        return self.folder / "proc"

    @property
    def database(self) -> Path:
        return self.var / "seva.sqlite"

    def write(self, path: str, content: str) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, "utf-8")
        return file

    def port(self, name: str) -> int:
        return int(self.environ[f"SEVA_{name}_PORT"])

    def live(self, data: Path | None = None) -> Path:
        """Registers a model and makes it live; its folder."""
        register(self.models, LIVE, data=data)
        self.write("models/live", json.dumps({"id": LIVE, "history": []}))
        return self.models / LIVE

    def process(self, pid: int, role: str, open_files: int = 65536, **environ: str) -> None:
        """A process as Linux shows it; it was started in this folder."""
        home = self.proc / str(pid)
        home.mkdir(parents=True)
        (home / "cmdline").write_bytes(f"python\0/opt/bin/seva\0{role}\0".encode())
        known = {"SEVA_VAR_DIR": str(self.var), **environ}
        pairs = "\0".join(f"{name}={value}" for name, value in known.items())
        (home / "environ").write_bytes(pairs.encode())
        limit = f"Max open files            {open_files}               524288       files\n"
        (home / "limits").write_text(limit)
        (home / "cwd").symlink_to(self.folder)

    def deployment(self) -> Deployment:
        return Deployment.of(
            self.environ,
            self.roles,
            replace(load_limits(), **self.limits),
            Machine(self.proc, self.folder / "groups"),
        )

    def result(self, name: str) -> Result:
        (found,) = examine(self.deployment(), [CHECKS[name]])
        return found

    def well(self, name: str) -> bool:
        found = self.result(name)
        return not found.findings and not found.not_looked

    def only(self, name: str) -> Finding:
        """The one thing that a check finds."""
        found = self.result(name)
        assert len(found.findings) == 1, found
        return found.findings[0]


@contextmanager
def answering(
    answers: Mapping[str, tuple[int, Any]], port: int = 0, host: str = "127.0.0.1", **headers: str
) -> Iterator[int]:
    """A server that says what a test wants, by path; its port. `headers` replace its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers.get(self.path, (404, {}))
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET

        def log_message(self, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer((host, port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def is_root() -> bool:
    """Only root gives files away."""
    return os.geteuid() == 0
