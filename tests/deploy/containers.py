"""Runs the services of a compose file without a container engine, as near to it as Linux lets us.

Each service is a process with a mount namespace of its own: the root can only be read, its volumes,
secrets and temporary folders lie where the compose file says, and it runs as its user with no
capability. Services that share a network in the file share a network namespace here, with nothing
in it but loopback. What an image brings (programs, its environment) is what `image` says.

Needs root, as a container engine does.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_PREPARED = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
_SYSTEM = tuple(
    Path("/", name)
    for name in ("usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "usr/share", "etc", "sys")
)
_DROP = (
    "--pdeathsig=TERM",
    "--no-new-privs",
    "--bounding-set=-all",
    "--inh-caps=-all",
    "--ambient-caps=-all",
)


def model(file: Path) -> dict[str, Any]:
    """The compose file as Compose itself reads it: variables at their defaults, every short form
    written out. Fails with its message where the file breaks the specification."""
    done = subprocess.run(
        ["compose-spec", "-format", "json", str(file)],
        cwd=file.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@dataclass(frozen=True)
class Image:
    """What stands for an image: its programs as folders of this machine, and its environment."""

    entry: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    folders: Mapping[str, Path] = field(default_factory=dict)
    """Where they are in the container -> what lies there, only to be read."""
    user: int | None = None
    """Instead of the user that the file names, where the image's user is another here."""


@dataclass
class Containers:
    """The services of a compose file, started in the order of what they depend on."""

    services: Mapping[str, Mapping[str, Any]]
    secrets: Mapping[str, Mapping[str, Any]]
    images: Mapping[str, Image]
    folder: Path
    """For volumes and logs."""
    addresses: Mapping[str, str]
    """What names of services are resolved to."""
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    network: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts all, each when what it depends on is as it asks. Raises RuntimeError with the log
        of the one that does not come."""
        self.folder.chmod(0o755)
        ready = "ip link set lo up && echo up && exec sleep infinity"
        self.network = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", ready], stdout=subprocess.PIPE
        )
        assert self.network.stdout is not None and self.network.stdout.readline() == b"up\n"
        waiting = dict(self.services)
        while waiting:
            for name, service in list(waiting.items()):
                needs = service.get("depends_on", {})
                if set(needs) & set(waiting):
                    continue
                for needed, how in needs.items():
                    if how["condition"] == "service_healthy":
                        self.until_healthy(needed)
                self._start(name, service)
                del waiting[name]
        for name in self.services:
            if "healthcheck" in self.services[name]:
                self.until_healthy(name)

    def until_healthy(self, name: str, seconds: float = 600) -> None:
        """Waits until its own health check says so."""
        until = time.monotonic() + seconds
        while not self.is_healthy(name):
            if self.running[name].poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{name} does not get healthy:\n{self.log(name)[-4000:]}")
            time.sleep(0.3)

    def is_healthy(self, name: str) -> bool:
        """Asks it once."""
        kind, *words = self.services[name]["healthcheck"]["test"]
        assert kind == "CMD"
        return self.run(name, words).returncode == 0

    def run(self, name: str, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Runs a command inside a service, as `docker compose exec` does."""
        pid = self.running[name].pid
        inside = ["nsenter", f"--target={pid}", "--mount", "--net", f"--root=/proc/{pid}/root"]
        return subprocess.run(
            [*inside, *self._as_user(name), *self._environment(name), *words],
            capture_output=True,
            text=True,
        )

    def outside(self, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Runs a command of this machine in the services' network."""
        return subprocess.run(["nsenter", self._net(), *words], capture_output=True, text=True)

    def log(self, name: str) -> str:
        """What it wrote so far."""
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    def stop(self, name: str) -> int:
        """Asks a service to stop, and waits as long as the file grants it; its exit code. What is
        killed after that raises TimeoutExpired."""
        process = self.running[name]
        process.send_signal(signal.SIGTERM)
        grace = str(self.services[name].get("stop_grace_period", "10s"))
        return process.wait(60 if "m" in grace else int(grace.rstrip("s")))

    def close(self) -> None:
        """Ends what still runs, and the network."""
        for process in [*reversed(self.running.values()), self.network]:
            if process is not None:
                process.terminate()
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def _net(self) -> str:
        assert self.network is not None
        return f"--net=/proc/{self.network.pid}/ns/net"

    def _start(self, name: str, service: Mapping[str, Any]) -> None:
        image = self.images[service["image"]]
        program = [
            *("chroot", str(self._root(name)), *self._as_user(name), *self._environment(name)),
            *(*image.entry, *service.get("command", ())),
        ]
        script = "; ".join(
            ["set -e", *self._mounts(name, service, image), "exec " + shlex.join(program)]
        )
        with open(self.folder / f"{name}.log", "wb") as log:
            self.running[name] = subprocess.Popen(
                ["nsenter", self._net(), "unshare", "--mount", "sh", "-c", script],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
            )

    def _as_user(self, name: str) -> list[str]:
        service = self.services[name]
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        user = self._user(name)
        return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *_DROP, "--"]

    def _user(self, name: str) -> int:
        service = self.services[name]
        image = self.images[service["image"]]
        if image.user is not None:
            return image.user
        return int(str(service.get("user", "65534")).partition(":")[0])

    def _environment(self, name: str) -> list[str]:
        service = self.services[name]
        image = self.images[service["image"]]
        given = {"PATH": _PREPARED, **image.environment, **service.get("environment", {})}
        return ["env", "-i", *(f"{key}={value}" for key, value in given.items())]

    def _mounts(self, name: str, service: Mapping[str, Any], image: Image) -> list[str]:
        """Shell commands that make the file system which the container would have."""
        sources: dict[str, tuple[Path, bool]] = {
            target: (source, True) for target, source in image.folders.items()
        }
        for volume in service.get("volumes", ()):
            source = Path(volume["source"])
            if volume["type"] == "volume":
                source = self.folder / "volumes" / volume["source"]
                source.mkdir(parents=True, exist_ok=True)
                os.chown(source, self._user(name), self._user(name))
                source.chmod(0o700)
            assert source.exists(), f"{name}: {source}"
            sources[volume["target"]] = source, bool(volume.get("read_only"))
        for secret in service.get("secrets", ()):
            sources[secret["target"]] = Path(self.secrets[secret["source"]]["file"]), True
        hosts = self.folder / "hosts"
        lines = {"127.0.0.1": ["localhost"]}
        for host, address in self.addresses.items():
            lines.setdefault(address, []).append(host)
        hosts.write_text("".join(f"{a} {' '.join(n)}\n" for a, n in lines.items()), "utf-8")
        sources["/etc/hosts"] = hosts, True
        return _assembled(self._root(name), sources, service.get("tmpfs", ()))

    def _root(self, name: str) -> Path:
        return self.folder / "roots" / name


def _assembled(
    root: Path, sources: Mapping[str, tuple[Path, bool]], temporary: Sequence[str]
) -> list[str]:
    """Shell commands that put a root together: this machine's programs, Python, empty folders, and
    `sources`: where it lies in the container -> what it is here, and whether it is only read."""
    steps = [f"mkdir -p {root}", f"mount -t tmpfs -o mode=755 none {root}"]
    for name in ("bin", "sbin", "lib", "lib64"):
        if Path("/", name).is_symlink():
            steps.append(f"ln -s {os.readlink(Path('/', name))} {root}/{name}")
    steps.append(f"mkdir {root}/run {root}/var && ln -s /run {root}/var/run")
    base = Path(sys.base_prefix)
    shown = {str(path): (path, True) for path in (*_SYSTEM, base) if path.is_dir()}
    for target, (source, read_only) in {**shown, **sources}.items():
        at, parent = f"{root}{target}", f"{root}{Path(target).parent}"
        empty = f"mkdir -p {at}" if source.is_dir() else f"mkdir -p {parent} && touch {at}"
        steps += [
            f"[ -e {at} ] || {{ {empty}; }}",
            f"mount --bind {shlex.quote(str(source.resolve()))} {at}",
        ]
        if read_only:
            steps.append(f"mount -o remount,bind,ro {at}")
    steps += [
        f"mkdir {root}/dev {root}/proc",
        *(f"mount --rbind /{d} {root}/{d}" for d in ("dev", "proc")),
    ]
    for one in temporary:
        target, _, options = one.partition(":")
        steps += [
            f"mkdir -p {root}{target}",
            f"mount -t tmpfs -o {options or 'mode=1777'} none {root}{target}",
        ]
    return [*steps, f"mount -o remount,ro {root}"]


def without(services: Mapping[str, Any], profile: str) -> dict[str, Any]:
    """The services that start without that profile."""
    return {k: v for k, v in services.items() if profile not in v.get("profiles", ())}


def program(name: str) -> str:
    """Where a program is."""
    found = shutil.which(name) or shutil.which(name, path=_PREPARED)
    assert found, f"{name} is not installed; `make system` brings it"
    return found
