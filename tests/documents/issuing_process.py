"""A process that issues documents until it is killed, or kills itself at a chosen moment.

python -m tests.documents.issuing_process FOLDER NAME MOMENT
NAME begins its idempotency keys. MOMENT: `never` (issues for ever, prints each id), or `before` or
`after` the log has taken the entry of the third document.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from actions.documents.issuer import Issuer
from actions.documents.registry import TileLog
from actions.documents.settings import LOG
from tests.documents.conftest import BIRTH, URL


class Deadly(TileLog):
    """A real log that kills its process."""

    moment = "never"
    appends = 0

    def append_many(self, entries: Sequence[bytes]) -> range:
        self.appends += len(entries[0]) == 32  # not the announcement of a key
        third = self.appends == 3
        if third and self.moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        found = super().append_many(entries)
        if third and self.moment == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return found


def main(folder: Path, name: str, moment: str) -> None:
    """Issues `NAME-0`, `NAME-1`, ..."""
    event_log = Deadly.open(folder / LOG, URL)
    assert isinstance(event_log, Deadly)
    event_log.moment = moment
    issuer = Issuer(folder, URL, event_log, make_keys=True)
    for number in itertools.count():
        issued = issuer.issue("municipal", "birth_certificate", BIRTH, f"{name}-{number}")
        print(number, issued.id, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
