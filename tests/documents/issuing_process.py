"""A process that issues documents until it is killed, or kills itself at a chosen moment.

python -m tests.documents.issuing_process FOLDER NAME MOMENT
NAME begins its idempotency keys. MOMENT: `never` (issues for ever, prints each id), or, for the
third document, `before` or `after` the log has taken its entry, or once that is committed and
`unsigned`, or `signed`.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from actions.documents.event_log import OpenLog
from actions.documents.issuer import Issuer, open_log
from actions.transparency.published import Receipt
from nlu.storage.database import Transaction
from tests.documents.conftest import BIRTH, URL


class Deadly:
    """A real log that kills its process."""

    def __init__(self, real: OpenLog, moment: str) -> None:
        self.real, self.log, self.moment = real, real.log, moment
        self.entered = 0

    @property
    def size(self) -> int:
        return self.real.size

    def append_many(self, entries: Sequence[bytes]) -> range:
        return self.real.append_many(entries)  # the announcement of a key

    def enter(self, db: Transaction, entries: Sequence[bytes], start: int) -> int:
        self.entered += 1
        self._die_at("before")
        found = self.real.enter(db, entries, start)
        self._die_at("after")
        return found

    def await_signed(self, index: int) -> None:
        self._die_at("unsigned")
        self.real.await_signed(index)
        self._die_at("signed")

    def receipt(self, index: int) -> Receipt:
        return self.real.receipt(index)

    def _die_at(self, moment: str) -> None:
        if self.entered == 3 and self.moment == moment:
            os.kill(os.getpid(), signal.SIGKILL)


def main(folder: Path, name: str, moment: str) -> None:
    """Issues `NAME-0`, `NAME-1`, ..."""
    event_log = Deadly(open_log(folder, URL, begin=True), moment)
    issuer = Issuer(folder, URL, event_log, make_keys=True)
    for number in itertools.count():
        issued = issuer.issue("municipal", "birth_certificate", BIRTH, f"{name}-{number}")
        print(number, issued.id, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
