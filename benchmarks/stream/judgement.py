"""What must be zero in a stream of turns."""

from __future__ import annotations

from benchmarks.command import Document
from benchmarks.stream.stream import Stream
from benchmarks.upheaval.judge import KINDS

NO_LOSS = [kind for kind in KINDS if "writes" not in kind and kind != "wrong_language"]
"""Nobody writes to a department here, and utterances may hold words of other languages."""


def judgement(stream: Stream) -> Document:
    """The counts, their sum, and the replies that tell no bill."""
    verdict = stream.verdict()
    counts = {kind: verdict.count(kind) for kind in NO_LOSS}
    return {**counts, "violations": sum(counts.values()), "other_replies": stream.others()}
