"""`seva demo`: the whole product on this machine, one terminal, one Ctrl-C.

Every part is its own process, as in production, over real HTTP; only WhatsApp and the departments
are simulated. `--smoke` says what `data/demo/smoke.yml` lists through the real webhook and checks
the replies.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from api.console.process import open_accounts
from api.console.roles import roles
from api.demo.progress import StartProgress
from nlu.action_address import HEALTH, ActionAddress
from nlu.archive import ReleaseRefused
from nlu.catalogue.departments import department_ids, departments_in
from nlu.fast_yaml import load_yaml
from nlu.registry import Release, live_id, live_release
from nlu.settings.settings import Settings
from nlu.text import shares

START_SECONDS = 180.0
REPLY_SECONDS = 60.0
STOP_SECONDS = 25.0
_INVITED_DAYS = 1
ENCODER, SPEECH, CATALOGUE = PREPARED = ("sentence encoder", "speech weights", "catalogue")
"""Steps before the processes."""


class DemoError(RuntimeError):
    """The demo cannot go on; the message says what to do."""


@dataclass
class Part:
    """One process of the demo and the address that tells when it is ready."""

    name: str
    ready: str
    socket: Path | None = None
    """The file that it listens at, where it has no port."""
    verb: tuple[str, ...] = ()
    """What follows its name on the command line."""
    process: subprocess.Popen[bytes] | None = None


@dataclass
class Demo:
    """All processes of the demo, started together and stopped together."""

    settings: Settings
    console: Console
    logs: Path
    parts: list[Part] = field(default_factory=list)

    def parts_of(self) -> list[Part]:
        """Each process with its health address, from the settings."""
        s = self.settings
        actions = ActionAddress.of(s.action_server_url, s.var_dir)
        return [
            Part("sandbox", f"http://{s.sandbox_host}:{s.sandbox_port}/__faults/energy"),
            Part("documents", f"{self.documents_url()}/health", verb=("serve",)),
            Part("actions", f"{actions.base_url}{HEALTH}", actions.socket),
            Part("simulator", f"http://{s.simulator_host}:{s.simulator_port}/__faults"),
            Part("serve", f"http://{s.serve_host}:{s.serve_port}/health/ready"),
            Part("worker", f"http://{s.worker_metrics_host}:{s.worker_metrics_port}/metrics"),
            Part("console", f"{s.console_address}/health"),
        ]

    def addresses(self) -> dict[str, str]:
        """Where the parts find each other, so that changing a port takes one variable; what an
        operator has set himself stays."""
        s = self.settings
        sandbox = f"http://{s.sandbox_host}:{s.sandbox_port}"
        found = {
            "SEVA_WHATSAPP_BASE_URL": f"http://{s.simulator_host}:{s.simulator_port}",
            "SEVA_DOCUMENTS_URL": self.documents_url(),
            "SEVA_NOTICES_URL": f"http://{s.internal_host}:{s.internal_port}/notices",
            "SEVA_GATEWAY_SANDBOX_URL": f"{sandbox}/gateway",
            "SEVA_SANDBOX_DEPARTMENT_CALLBACKS": f"{self._callbacks()}/callbacks",
            "SEVA_SANDBOX_CALLBACK_URL": f"{self._callbacks()}/callbacks/payments/sandbox",
            "SEVA_SANDBOX_SMS_URL": f"http://{s.simulator_host}:{s.simulator_port}/__sms",
            "SEVA_SIMULATOR_CONSOLE_URL": s.console_address,
            "SEVA_SANDBOX_CHAT_URL": f"http://{s.simulator_host}:{s.simulator_port}/",
            "SEVA_DATA_DIR": str(s.data_dir.absolute()),  # as it is, for who writes in it
            "SEVA_SANDBOX_OWNERS": str(s.data_dir / "demo/owners.yml"),
            "SEVA_DRAIN_SECONDS": "0",  # nobody balances servers here
            "SEVA_PROCESSES": "1",  # one citizen: a second model would only take memory
        }
        for department in departments_in(s.data_dir).values():
            if department.called:
                found[department.base_url.env] = f"{sandbox}/{department.id}"
        return {name: value for name, value in found.items() if name not in os.environ}

    def _more_ports(self) -> list[Part]:
        """Second listeners of the parts, which must be free as well."""
        s = self.settings
        internal = f"http://{s.internal_host}:{s.internal_port}"
        return [Part("callbacks", self._callbacks()), Part("internal", internal)]

    def _callbacks(self) -> str:
        return f"http://{self.settings.callbacks_host}:{self.settings.callbacks_port}"

    def documents_url(self) -> str:
        """The page that checks documents."""
        return f"http://{self.settings.documents_host}:{self.settings.documents_port}"

    def start(self, progress: StartProgress) -> None:
        """Starts every process and waits until each is ready. Raises DemoError."""
        progress.waiting_for(["reading the catalogue"])
        self.logs.mkdir(parents=True, exist_ok=True)
        for file in self.settings.var_dir.glob("sandbox.sqlite*"):
            file.unlink()  # the sandbox's bills are due again in every demo
        self.parts = self.parts_of()
        for part in (*self.parts, *self._more_ports()):
            _port_must_be_free(part)
        addresses = self.addresses()
        progress.done(CATALOGUE)
        for part in self.parts:
            with open(self.logs / f"{part.name}.log", "wb") as log:
                part.process = subprocess.Popen(
                    [sys.executable, "-m", "nlu.cli", part.name, *part.verb],
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    env={**os.environ, **addresses},
                )
        waiting = {part.name: part for part in self.parts}
        until = time.monotonic() + START_SECONDS
        while waiting:
            progress.waiting_for(waiting)
            for name, part in list(waiting.items()):
                self._must_run(part)
                if _answers(part):
                    del waiting[name]
                    progress.done(name)
            if time.monotonic() > until:
                raise DemoError(
                    f"{', '.join(waiting)} did not get ready in {START_SECONDS:.0f} s; "
                    f"see {self.logs}"
                )
            time.sleep(0.2)

    def _must_run(self, part: Part) -> None:
        if part.process is not None and part.process.poll() is not None:
            log = (self.logs / f"{part.name}.log").read_text("utf-8", "replace")
            tail = "\n".join(log.splitlines()[-15:])
            raise DemoError(f"{part.name} stopped by itself:\n{tail}")

    def watch(self) -> None:
        """Returns when any process stops; raises DemoError saying which."""
        while True:
            for part in self.parts:
                self._must_run(part)
            time.sleep(0.5)

    def stop(self) -> None:
        """Asks all to finish what they do, then insists."""
        running = [p.process for p in self.parts if p.process and p.process.poll() is None]
        for process in reversed(running):
            process.send_signal(signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _answers(part: Part) -> bool:
    transport = httpx.HTTPTransport(uds=str(part.socket) if part.socket else None)
    try:
        with httpx.Client(transport=transport, timeout=2, trust_env=False) as client:
            return client.get(part.ready).status_code == 200
    except httpx.HTTPError:
        return False


def _port_must_be_free(part: Part) -> None:
    url = httpx.URL(part.ready)
    if part.socket is not None:
        return  # the action server itself says so
    with socket.socket() as probe:
        probe.settimeout(0.5)
        if probe.connect_ex((url.host, url.port or 80)) == 0:
            raise DemoError(
                f"port {url.port} is taken, so {part.name} cannot start; stop what uses it or set "
                f"SEVA_{part.name.upper()}_PORT"
            )


@dataclass(frozen=True)
class SmokeCase:
    """One thing to say and what must come back."""

    citizen: str
    language: str
    script: str
    contains: Sequence[str]
    text: str | None = None
    audio: str | None = None


def smoke(demo: Demo, cases: Sequence[SmokeCase], folder: Path, out: Console) -> bool:
    """Says every case to the bot through the signed webhook; True if all replies were right."""
    base = f"http://{demo.settings.simulator_host}:{demo.settings.simulator_port}"
    right = True
    with httpx.Client(base_url=base, timeout=REPLY_SECONDS + 10, trust_env=False) as simulator:
        for case in cases:
            replies = _say(simulator, case, folder)
            wrong = verdict(case, replies)
            right = right and not wrong
            out.print(f"[bold]{case.language}[/] {case.text or case.audio}", highlight=False)
            for reply in replies:
                out.print(f"    {reply['text']}", highlight=False)
            out.print(f"  [red]wrong: {wrong}[/]" if wrong else "  [green]right[/]")
    return right


def _say(simulator: httpx.Client, case: SmokeCase, folder: Path) -> list[dict[str, Any]]:
    common = {"citizen": case.citizen, "language": case.language}
    if case.audio:
        audio = (folder / case.audio).read_bytes()
        sent = simulator.post(
            "/__inbound",
            data={**common, "type": "audio", "voice": "1"},
            files={"file": (case.audio, audio, "audio/ogg; codecs=opus")},
        )
    else:
        sent = simulator.post("/__inbound", json={**common, "type": "text", "text": case.text})
    sent.raise_for_status()
    query: Mapping[str, str | float] = {
        "citizen": case.citizen,
        "after": sent.json()["number"],
        "wait": REPLY_SECONDS,
    }
    chats = simulator.get("/__outbox", params=dict(query)).json()["citizens"]
    return list(chats.get(case.citizen, []))


def verdict(case: SmokeCase, replies: Sequence[Mapping[str, Any]]) -> str | None:
    """What is wrong with the replies, or None."""
    if not replies:
        return "no reply"
    text = "\n".join(reply["text"] for reply in replies)
    missing = [part for part in case.contains if part not in text]
    if missing:
        return f"not in the reply: {', '.join(missing)}"
    share = shares(text).get(case.script, 0.0)
    return None if share > 0.5 else f"only {share:.0%} of the letters are {case.script}"


def _prepare(settings: Settings, progress: StartProgress) -> None:
    """Makes what is missing: sentence encoder, speech weights, a model. Raises DemoError, also
    where the live model is none of this folder's services."""
    from nlu.encoder.provision import configured, encoder_folder
    from nlu.speech.errors import SpeechModelError
    from nlu.speech.weights import entries, model_folder

    try:
        progress.waiting_for(["the sentence encoder"])
        encoder_folder(configured(settings.config))
        progress.done(ENCODER)
        progress.waiting_for(["the speech weights"])
        for entry in entries():
            model_folder(entry)
        progress.done(SPEECH)
    except (RuntimeError, SpeechModelError) as error:
        raise DemoError(str(error)) from error
    if live_id(settings.models_dir) is not None:
        try:
            release = live_release(settings.models_dir)
            Release(release.model, settings.data_dir.absolute()).check_words()
        except (ReleaseRefused, FileNotFoundError) as error:
            raise DemoError(str(error)) from error
        return
    progress.paused("No model yet: training one, once. It takes about ten minutes on two cores.")
    command = [sys.executable, "-m", "nlu.cli", "train"]
    if subprocess.run(command, stdout=sys.stderr).returncode:
        raise DemoError("no model could be trained; `seva train` shows why")
    progress.resumed()


def demo_command(settings: Settings, smoke_only: bool = False) -> int:
    """`seva demo [--smoke]`."""
    console = Console(stderr=True)
    demo = Demo(settings, console, settings.var_dir / "logs")
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    began = time.monotonic()
    try:
        with StartProgress(console, len(demo.parts_of()) + len(PREPARED)) as progress:
            _prepare(settings, progress)
            demo.start(progress)
        took = time.monotonic() - began
        if smoke_only:
            folder = settings.data_dir / "demo"
            raw = load_yaml((folder / "smoke.yml").read_text("utf-8"))
            right = smoke(demo, [SmokeCase(**case) for case in raw], folder, Console())
            console.print(f"Ready after {took:.0f} s, done after {time.monotonic() - began:.0f} s.")
            return 0 if right else 1
        _welcome(demo, took)
        demo.watch()
    except KeyboardInterrupt:
        console.print("Stopping.")
        return 0
    except DemoError as error:
        console.print(f"[red]{error}[/]", highlight=False)
        return 1
    finally:
        demo.stop()
    return 0


def _console(settings: Settings) -> str:
    """Where the console is; before the first visit the link that makes an account."""
    accounts = open_accounts(settings)
    try:
        everywhere = department_ids(settings.data_dir)
        token = accounts.invite("Demo", list(roles()), everywhere, _INVITED_DAYS)
    except ValueError:  # it was made in an earlier demo
        return f"{settings.console_address}/   (sign in as Demo)"
    return f"{settings.console_address}/invitation/{token}   (make your account)"


def _welcome(demo: Demo, took: float) -> None:
    s, out = demo.settings, Console()
    out.print(f"\nReady after {took:.0f} s.\n", highlight=False)
    out.print(f"  Chat        http://{s.simulator_host}:{s.simulator_port}/")
    out.print(f"  API docs    http://{s.serve_host}:{s.serve_port}/docs")
    out.print(f"  Departments http://{s.sandbox_host}:{s.sandbox_port}/")
    out.print(f"  Console     {_console(s)}", highlight=False, soft_wrap=True)
    out.print(f"  Checker     {demo.documents_url()}/   (is a document real?)", highlight=False)
    out.print(f"  Logs        {demo.logs}/\n", highlight=False)
    out.print("To try, from the first phone:")
    for row in load_yaml((s.data_dir / "demo" / "numbers.yml").read_text("utf-8")):
        out.print(f"  {row['what']:29} {row['number']}", highlight=False)
    out.print("\nCtrl-C stops everything.")
