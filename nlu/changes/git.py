"""Git in a process of its own: without a shell, without hooks, without a terminal, with a limit."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_LONGEST = 60.0  # seconds
_PASSED_ON = ("PATH", "HOME", "TMPDIR")
"""Of the environment. GIT_DIR and the like of whoever started this process are left out."""


class GitFailed(RuntimeError):
    """Git did not do it; the message is what it said."""


class Git:
    """Git over the repository of one folder. Its own index, HEAD and files stay as they are: only
    objects and references are written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def run(
        self, *arguments: str, given: bytes = b"", variables: Mapping[str, str] | None = None
    ) -> bytes:
        """What a command prints. Raises GitFailed."""
        command = (
            *("git", "-C", str(self._folder), "--literal-pathspecs", "--no-replace-objects"),
            *("-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "core.quotePath=false"),
            *arguments,
        )
        known = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        quiet = {"LC_ALL": "C.UTF-8", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
        try:
            done = subprocess.run(
                command,
                input=given,
                capture_output=True,
                env={**known, **quiet, **(variables or {})},
                timeout=_LONGEST,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise GitFailed(f"git {arguments[0]}: {error}") from None
        if done.returncode:
            raise GitFailed(done.stderr.decode("utf-8", "replace").strip() or arguments[0])
        return done.stdout

    def line(self, *arguments: str) -> str:
        """The one line that a command prints."""
        return self.run(*arguments).decode("utf-8", "replace").strip("\n")

    def works(self, *arguments: str) -> bool:
        """Whether a command ends well."""
        try:
            self.run(*arguments)
        except GitFailed:
            return False
        return True
