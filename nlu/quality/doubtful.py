"""The doubtful and the doubled sentences of the whole catalogue, found once and kept.

Finding them takes minutes and some gigabytes of memory (`seva sentences`), so a process of its own
does it when somebody asks, at the lowest priority, and what it found stays in the cache. A sentence
is known by its intent, key and words, so that what was found holds for what was not edited since.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.paths import cache_folder
from nlu.whole_file import write_whole

_FILE = "doubtful.json"
_LONGEST = 3600.0  # seconds
_BEHIND = 19  # the priority: pages and citizens go first
_FOUND = (0, 1)  # exit codes: nothing found, something found


@dataclass(frozen=True)
class Doubted:
    """A trained sentence that another intent may have a better right to: `rank` among all, the most
    doubtful is 0; probabilities (0 to 1) when it was left out."""

    rank: int
    own: float
    other: str
    likelier: float


@dataclass(frozen=True)
class Twin:
    """A sentence of another intent that is the same, or nearly."""

    intent: str
    key: str
    text: str


Place = tuple[str, str, str]
"""Intent, key, text."""


@dataclass(frozen=True)
class Doubtful:
    """All that was found in a catalogue with this hash."""

    hash: str
    doubted: Mapping[Place, Doubted]
    twins: Mapping[Place, Sequence[Twin]]


def run_search(data: Path) -> bytes:
    """`seva sentences`, in a process of its own. Raises OSError, SubprocessError."""
    command = (
        *(sys.executable, "-m", "nlu.cli", "sentences", str(data)),
        *("--labels", "--twins", "--json"),
    )
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        os.setpriority(os.PRIO_PROCESS, process.pid, _BEHIND)
        try:
            told, why = process.communicate(timeout=_LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    if process.returncode not in _FOUND or not told:
        last = why.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise subprocess.SubprocessError(last[0] if last else f"exit code {process.returncode}")
    return told


class DoubtfulSearch:
    """One for a process; `state` is "none", "running", "done" or "failed"."""

    def __init__(
        self, folder: Path | None = None, run: Callable[[Path], bytes] = run_search
    ) -> None:
        """`run` searches a data folder and gives the document of `seva sentences --json`."""
        self._run = run
        self._file = (folder or cache_folder()) / _FILE
        self._lock = threading.Lock()
        self._read: tuple[float, Doubtful] | None = None
        self.state = "done" if self._file.is_file() else "none"
        self.error = ""

    def found(self) -> Doubtful | None:
        """What the last search found, in whatever process."""
        try:
            changed = self._file.stat().st_mtime
            if self._read is None or self._read[0] != changed:
                self._read = changed, _doubtful(json.loads(self._file.read_text("utf-8")))
        except (OSError, ValueError, KeyError):
            return None
        return self._read[1]

    def begin(self, data: Path, hash: str) -> bool:
        """Searches the data folder in the background; False where that is being done."""
        with self._lock:
            if self.state == "running":
                return False
            self.state, self.error = "running", ""
        threading.Thread(target=self._search, args=(data, hash), daemon=True).start()
        return True

    def _search(self, data: Path, hash: str) -> None:
        try:
            told = json.loads(self._run(data))
            write_whole(self._file, json.dumps({"hash": hash, **told}, ensure_ascii=False), 0o600)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self.error, self.state = str(error), "failed"
        else:
            self.state = "done"


def _doubtful(told: Mapping[str, Any]) -> Doubtful:
    doubted = {
        _place(one): Doubted(rank, one["probability"], one["other"], one["other_probability"])
        for rank, one in enumerate(told["labels"])
    }
    twins: dict[Place, list[Twin]] = {}
    for pair in told["twins"]:
        for one, two in ((pair["one"], pair["two"]), (pair["two"], pair["one"])):
            twins.setdefault(_place(one), []).append(Twin(*_place(two)))
    return Doubtful(told["hash"], doubted, twins)


def _place(said: Mapping[str, Any]) -> Place:
    return said["intent"], said["key"], said["text"]
