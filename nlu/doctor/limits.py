"""The numbers that make a trouble of something: `limits.yml` beside this module."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nlu.records import read_record

FILE = Path(__file__).with_name("limits.yml")


@dataclass(frozen=True)
class Memory:
    """Bytes that one process takes."""

    serve: int
    worker: int
    listener: int
    actions: int


@dataclass(frozen=True)
class Limits:
    """The file; what each means is said there."""

    check_seconds: float
    answer_seconds: float
    department_seconds: float
    disk_free_bytes: int
    disk_free_share: float
    write_ahead_bytes: int
    whole_bytes: int
    network_filesystems: frozenset[str]
    clock_seconds: float
    certificate_days: float
    key_days: float
    waiting_seconds: float
    sending_seconds: float
    statuses_seconds: float
    statuses_sent: int
    unsettled_seconds: float
    sampled_rows: int
    open_files: int
    memory_bytes: Memory


def load_limits() -> Limits:
    """Raises RecordError."""
    return read_record(FILE, Limits)
