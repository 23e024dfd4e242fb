"""A process that appends to a log in a database until it is killed, and says which entries were
acknowledged.

python -m tests.transparency.table_appender URL FOLDER START
"""

from __future__ import annotations

import sys
from pathlib import Path

from actions.transparency.log_in_tables import TABLES, LogInTables
from nlu.storage.open import open_database


def main(url: str, folder: str, start: str) -> None:
    """Appends numbered entries, some at a time; a line for each: index data."""
    log = LogInTables.open(open_database(url, TABLES), Path(folder))
    number = int(start)
    while True:
        data = [(number + at).to_bytes(32, "big") for at in range(1 + number % 5)]
        number += len(data)
        first = log.append_many(data).start
        sys.stdout.write("".join(f"{first + at} {one.hex()}\n" for at, one in enumerate(data)))
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
