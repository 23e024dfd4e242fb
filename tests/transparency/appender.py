"""A process that appends until it is killed, and says which entries were acknowledged."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from actions.transparency.log import Log


def main(folder: str, start: str) -> None:
    """Four threads append numbered entries to the log in `folder`; a line for each: index data."""
    log = Log.open(Path(folder))
    say = threading.Lock()
    numbers = iter(range(int(start), 10**9))

    def append() -> None:
        while True:
            with say:
                data = [next(numbers).to_bytes(32, "big") for _ in range(20)]
            first = log.append_many(data).start
            lines = "".join(f"{first + at} {one.hex()}\n" for at, one in enumerate(data))
            with say:
                sys.stdout.write(lines)
                sys.stdout.flush()

    for _ in range(4):
        threading.Thread(target=append, daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
