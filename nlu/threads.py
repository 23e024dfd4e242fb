"""How many threads one process may use for inference: SEVA_THREADS, by default one."""

from __future__ import annotations

import os


def threads() -> int:
    """1 unless SEVA_THREADS says otherwise; 0 means every core this process may use.

    One is the default because more processes beat more threads on few cores.
    """
    wanted = int(os.environ.get("SEVA_THREADS") or 1)
    return wanted or len(os.sched_getaffinity(0))
