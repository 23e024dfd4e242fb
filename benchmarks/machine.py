"""The machine and the versions that a number belongs to, the memory of a server, a free port."""

from __future__ import annotations

import os
import platform
import random
import socket
import sqlite3
import subprocess
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

PACKAGES = (
    *("rasa", "tensorflow", "onnxruntime", "fastapi", "uvicorn", "sanic"),
    *("sqlalchemy", "psycopg2-binary"),
)
ROOT = Path(__file__).resolve().parents[1]
_TICKS = os.sysconf("SC_CLK_TCK")
_PORTS = iter(range(random.randrange(12_000, 20_000), 32_768))


def machine() -> dict[str, object]:
    """Processor, cores, memory, Python and the packages that matter."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 2**30, 1),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "versions": {
            "seva": _commit(),
            **{name: version(name) for name in PACKAGES},
            "sqlite": sqlite3.sqlite_version,
        },
    }


def _commit() -> str:
    """The one that is checked out; `+` where files differ from it."""
    told = ("describe", "--always", "--dirty=+", "--exclude=*")
    asked = subprocess.run(["git", *told], cwd=ROOT, capture_output=True, text=True)
    return asked.stdout.strip() or "unknown"


def processor_seconds(pid: int) -> float:
    """What a process and all that descend from it have used, and what those used that ended."""
    used = 0
    for member in family(pid):
        with suppress(OSError, IndexError):  # it ended meanwhile
            stat = Path(f"/proc/{member}/stat").read_text("utf-8", "replace")
            used += sum(map(int, stat.rpartition(")")[2].split()[11:15]))
    return used / _TICKS


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    found = [pid]
    for member in found:
        found += [child for child, parent in parents.items() if parent == member]
    return found


def resident_mb(pid: int) -> list[float]:
    """Resident memory of each process of a family, largest first."""
    sizes = []
    for member in family(pid):
        try:
            status = Path(f"/proc/{member}/status").read_text("utf-8")
        except OSError:
            continue
        for line in status.splitlines():
            if line.startswith("VmRSS"):
                sizes.append(round(int(line.split()[1]) / 1024, 1))
    return sorted(sizes, reverse=True)


def free_port() -> int:
    """A port nobody listens on now, each time another one, and none of those that the system gives
    to connections: one of these could be taken before our server listens."""
    for port in _PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")
