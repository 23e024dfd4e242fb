"""All processes of `seva demo` over a catalogue of its own in a Git repository, people at the
console, citizens at the chat page, and others who write all the time.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from rich.console import Console as Terminal

from api.console.areas import AREAS
from api.console.runtime import Console
from api.demo.demo import Demo
from api.demo.progress import StartProgress
from nlu.settings.settings import ConsoleSettings, Settings
from tests.changes.conftest import committed
from tests.console.conftest import Clock, House
from tests.console.test_in_chromium import SIZES
from tests.processes import ROOT, free_port

PORTS = (
    *("SANDBOX", "DOCUMENTS", "SIMULATOR", "SERVE", "INTERNAL", "CONSOLE", "CALLBACKS"),
    *("WORKER_METRICS", "ACTIONS_METRICS"),
)
LANGUAGE = "te"
HEARING = "ఒక్క నిమిషం"
"""Said while a voice note is heard, where that takes long."""


def seva(*arguments: str) -> None:
    """A command in a process of its own, which must end well."""
    command = [sys.executable, "-W", "ignore", "-m", "nlu.cli", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]


@dataclass
class Citizens:
    """Who writes at the chat page, each from a phone of their own."""

    page: Page

    def says(self, text: str) -> str:
        """What a stranger who writes this is answered."""
        self._new_phone()
        self.page.locator("#composer textarea").fill(text)
        self.page.locator("#composer textarea").press("Enter")
        return self._answer()

    def speaks(self, clip: Path) -> str:
        """What a stranger who sends this voice note is answered."""
        self._new_phone()
        self.page.get_by_role("button", name="జోడించు").click()
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("button", name="ఆడియో ఫైల్").click()
        chooser.value.set_files(clip)
        return self._answer()

    def _new_phone(self) -> None:
        mine = self.page.locator(".phones [aria-current='true']")
        before = mine.get_attribute("data-phone") or ""
        self.page.get_by_role("button", name="కొత్త ఫోన్").click()
        expect(mine).not_to_have_attribute("data-phone", before)
        expect(self.page.locator(".thread .row")).to_have_count(0)

    def _answer(self) -> str:
        said = self.page.locator(".theirs:not(.typing-row) .bubble").filter(has_not_text=HEARING)
        expect(said.first).to_be_visible(timeout=120_000)
        expect(self.page.locator(".bar .now")).to_have_text("ఆన్‌లైన్")
        return "\n".join(said.all_inner_texts())


@dataclass
class Others:
    """Other citizens write all the time, each one message; nobody may wait for ever."""

    simulator: str
    texts: Sequence[str]
    every_s: float = 0.5
    sent: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _abandoned: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def writing(self, citizens: int) -> Iterator[None]:
        """While the block runs, and until so many have written, however quick the block is."""
        thread = threading.Thread(target=self._write, args=(citizens,))
        thread.start()
        try:
            yield
        except BaseException:
            self._abandoned.set()
            raise
        finally:
            self._over.set()
            thread.join()
        assert len(self.sent) >= citizens, f"only {len(self.sent)} could write"

    def _write(self, citizens: int) -> None:
        with httpx.Client(base_url=self.simulator, timeout=120, trust_env=False) as client:
            while not self._over.is_set() or len(self.sent) < citizens:
                number = len(self.sent)
                phone, text = f"9171{number:08d}", self.texts[number % len(self.texts)]
                body = {"citizen": phone, "type": "text", "text": text, "language": LANGUAGE}
                client.post("/__inbound", json=body).raise_for_status()
                self.sent.append(phone)
                if self._abandoned.wait(self.every_s):
                    return

    def replies(self, patience_s: float = 300) -> list[list[int]]:
        """How many replies each got, a list for each text; once everybody has one and all of a
        text have the same number, or nobody waits any longer."""
        until = time.monotonic() + patience_s
        with httpx.Client(base_url=self.simulator, timeout=120, trust_env=False) as client:
            while True:
                chats = client.get("/__outbox").json()["citizens"]
                counts = [len(chats.get(phone, [])) for phone in self.sent]
                by_text = [counts[n :: len(self.texts)] for n in range(len(self.texts))]
                if is_even(by_text) or time.monotonic() > until:
                    return by_text
                time.sleep(0.5)


def is_even(by_text: Sequence[Sequence[int]]) -> bool:
    """Whether everybody was answered, and nobody more often than who wrote the same."""
    return all(counts and min(counts) == max(counts) > 0 for counts in by_text)


@dataclass
class Stage:
    """What a test walks through."""

    demo: Demo
    house: House
    browser: Browser
    data: Path
    models: Path
    contexts: list[BrowserContext] = field(default_factory=list)

    @property
    def simulator(self) -> str:
        """Where the chat page is."""
        settings = self.demo.settings
        return f"http://{settings.simulator_host}:{settings.simulator_port}"

    def citizens(self) -> Citizens:
        """At a chat page."""
        page = self._page()
        page.goto(self.simulator)
        expect(page.locator(".phones li").first).to_be_visible()
        return Citizens(page)

    def person(self, name: str, *roles: str) -> Page:
        """A page of the console in Telugu, before somebody who is signed in."""
        console = self.house.console
        self.house.clock.now = time.time()
        one = self.house.person(name, *roles)
        account = next(found for found in console.accounts.all() if found.name == name)
        console.accounts.speak(account.id, LANGUAGE)
        page = self._page()
        url, session = console.settings.console_address, one.browser.cookies[console.cookie]
        page.context.add_cookies([{"name": console.cookie, "value": session, "url": url}])
        page.goto(url)
        return page

    def serves(self, model: str, patience_s: float = 300) -> None:
        """Waits until the worker has taken a model over."""
        settings, until = self.demo.settings, time.monotonic() + patience_s
        url = f"http://{settings.worker_metrics_host}:{settings.worker_metrics_port}/metrics"
        while True:
            told = httpx.get(url, trust_env=False).text
            if any(f'"{model}"' in line and line.endswith(" 1.0") for line in told.splitlines()):
                return
            assert time.monotonic() < until, f"no worker has taken over {model}"
            time.sleep(0.2)

    def _page(self) -> Page:
        context = self.browser.new_context(
            viewport=SIZES["office"], reduced_motion="reduce", locale="te-IN"
        )
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        return page


@contextmanager
def staged(folder: Path, data: Path, browser: Browser) -> Iterator[Stage]:
    """A live model of the data folder, which becomes a repository, and everything that runs."""
    committed(data)
    models = folder / "models"
    with pytest.MonkeyPatch.context() as patch:
        for name in PORTS:
            patch.setenv(f"SEVA_{name}_PORT", str(free_port()))
        patch.setenv("SEVA_VAR_DIR", str(folder / "var"))
        patch.setenv("SEVA_DATA_DIR", str(data))
        patch.setenv("SEVA_MODELS_DIR", str(models))
        patch.setenv("SEVA_REVIEW_TWICE_PERCENT", "0")
        if not (models / "live").exists():
            seva("train", "--profile", "fast", "--promote")
        settings = Settings.read()
        terminal = Terminal(quiet=True)
        demo = Demo(settings, terminal, folder / "logs")
        try:
            with StartProgress(terminal, 20) as progress:
                demo.start(progress)
            console = Console.open(ConsoleSettings.read(), AREAS)
            stage = Stage(demo, House(console, Clock(), None, None), browser, data, models)  # type: ignore[arg-type]
            yield stage
            for context in stage.contexts:
                context.close()
        finally:
            demo.stop()
