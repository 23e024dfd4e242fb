"""`seva migrate move` that kills itself (-9) at a chosen moment, or stands still there.

python -m tests.move.dying MOMENT

MOMENT: `filled` (all is compared, nothing has ended), `between` (the first of several databases has
ended), `ended` (all have), `renaming` (the first file has its new name), `still` (as `filled`, but
it stops until it gets SIGCONT).
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from nlu.cli import app
from nlu.storage.move import move
from nlu.storage.move.target import Target


def dies(moment: str) -> None:
    """Puts the death where it belongs."""
    passed = {"commits": 0, "renames": 0}
    commit, rename = Target.commit, os.rename

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def ending(target: Target) -> None:
        if moment == "still":
            os.kill(os.getpid(), signal.SIGSTOP)
        if moment == "filled" or (moment == "between" and passed["commits"]):
            die()
        commit(target)
        passed["commits"] += 1

    def renaming(old: Path, new: Path) -> None:
        if moment == "ended" or (moment == "renaming" and passed["renames"]):
            die()
        rename(old, new)
        passed["renames"] += 1

    hooks: Any = move
    Target.commit = ending  # type: ignore[method-assign]
    hooks.os.rename = renaming


if __name__ == "__main__":
    dies(sys.argv[1])
    app(["migrate", "move"])
