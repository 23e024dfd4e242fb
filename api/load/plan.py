"""What a run does: how many messages, when, and how its citizens behave."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from nlu.records import Seconds, read_record


@dataclass(frozen=True)
class Think:
    """Seconds between a reply and the next message, log-normal."""

    median: Seconds
    spread: float
    longest: Seconds


@dataclass(frozen=True)
class Burst:
    """For `seconds` at the end of every `every`."""

    every: Seconds
    seconds: Seconds


@dataclass(frozen=True)
class Acts:
    """Weights by what the last reply offers."""

    buttons: Mapping[str, float]
    question: Mapping[str, float]
    nothing: Mapping[str, float]


@dataclass(frozen=True)
class Most:
    """Messages of one citizen."""

    minute: int
    hour: int


@dataclass(frozen=True)
class Manner:
    """`citizens.yml`."""

    keys: Mapping[str, float]
    think: Think
    acts: Acts
    longest: int
    burst: Burst
    most: Most
    read: float
    waits: Sequence[Seconds]


def load_manner() -> Manner:
    """How citizens behave."""
    return read_record(Path(__file__).with_name("citizens.yml"), Manner)


@dataclass(frozen=True)
class Plan:
    """What the command line says. Times in seconds, `rate` in messages a second."""

    rate: float
    citizens: int
    seconds: float
    ramp: float
    burst: float
    keys: Sequence[str]
    patience: float
    seed: int

    def rate_at(self, at: float, burst: Burst) -> float:
        """The rate at a moment of the run."""
        rising = min(1.0, at / self.ramp) if self.ramp else 1.0
        in_burst = at % burst.every >= burst.every - burst.seconds
        return self.rate * rising * (self.burst if in_burst else 1.0)

    def arrivals(self, burst: Burst) -> Iterator[float]:
        """When messages are meant to be sent: Poisson, whether earlier ones are answered or not.

        A message that is late because the deployment is slow counts from this time, so that what
        citizens wait is measured, and not what a polite client waits.
        """
        chance, at = random.Random(f"arrivals/{self.seed}"), 0.0
        most = self.rate * max(1.0, self.burst)
        while (at := at + chance.expovariate(most)) < self.seconds:
            if chance.random() * most < self.rate_at(at, burst):
                yield at

    def least_citizens(self, manner: Manner) -> int:
        """So many that nobody writes more than Seva answers."""
        most, hours = self.rate * max(1.0, self.burst), self.seconds / 3600
        by_minute = 60 * most / manner.most.minute
        by_hour = self.rate * 3600 * min(1.0, hours) / manner.most.hour
        return int(max(by_minute, by_hour)) + 1


def looks_real(webhook: str, env: str) -> str:
    """Why a deployment may serve real citizens; empty where it does not look so."""
    host = urlsplit(webhook).hostname or ""
    if env == "production":
        return "SEVA_ENV is production here"
    if host == "localhost" or ("." not in host and ":" not in host):
        return ""  # this machine, or a name inside a cluster
    try:
        inside = ipaddress.ip_address(host).is_private
    except ValueError:
        inside = host.endswith((".local", ".internal", ".test", ".localhost"))
    return "" if inside else f"{host} is an address of the internet"
