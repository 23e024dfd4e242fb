"""Checks of the machine: cores, memory and open files for all that is to run."""

from __future__ import annotations

import resource
from collections.abc import Iterator

from nlu.doctor.check import Finding, NotLooked, check
from nlu.doctor.deployment import Deployment

_GIGA = 1e9


@check(
    "cores",
    "no more processes and threads than cores",
    "`SEVA_PROCESSES` times `SEVA_THREADS` above the cores of the machine",
    "serve",
)
def cores(here: Deployment) -> Iterator[Finding]:
    """More of them wait for each other, and every message takes longer."""
    there = here.machine.cores
    processes = here.settings.processes or there
    threads = here.settings.threads or there
    if processes * threads > there:
        yield Finding(
            "trouble",
            f"`seva serve` has {processes} processes with {threads} threads each on {there} cores",
            "they wait for each other: every message takes longer than with fewer",
            "SEVA_PROCESSES=0 and SEVA_THREADS=1 give each core one",
        )


@check(
    "memory",
    "there is memory for all processes",
    "more processes than the machine, or its control group, has memory for",
)
def memory(here: Deployment) -> Iterator[Finding]:
    """Where it ends Linux kills a process in the middle of a turn."""
    there = here.machine.memory
    if there is None:
        raise NotLooked("the memory of the machine is not known")
    each, now = here.limits.memory_bytes, here.settings
    workers = max(1, sum(one.role == "worker" for one in here.ours()))
    listeners = 0 if now.worker_only == "text" else now.hearing_processes
    models = 2 if here.canary is not None else 1
    wanted = {
        "serve": (now.processes or here.machine.cores) * each.serve * models,
        "worker": workers * (each.worker * models + listeners * each.listener),
        "actions": each.actions,
    }
    needed = sum(size for role, size in wanted.items() if role in here.roles)
    if needed > there:
        yield Finding(
            "trouble",
            f"the processes take about {needed / _GIGA:.1f} GB, there are {there / _GIGA:.1f} GB",
            "where memory ends, Linux kills a process in the middle of a turn",
            "lower SEVA_PROCESSES or SEVA_HEARING_PROCESSES, or run fewer workers",
        )


@check(
    "open-files",
    "processes may open enough files",
    "a low limit of open files, of what runs or of what this shell starts",
)
def open_files(here: Deployment) -> Iterator[Finding]:
    """Each connection is one; at the limit no delivery is taken."""
    least = here.limits.open_files
    known = {str(one): one.open_files for one in here.ours()}
    if not known:
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        known = {"a process started from here": None if soft < 0 else soft}
    for name, limit in known.items():
        if limit is not None and limit < least:
            yield Finding(
                "trouble",
                f"{name} may open {limit} files",
                "each connection is one: at the limit no delivery is taken and nothing is sent",
                "LimitNOFILE=65536 in the unit, or `ulimit -n`; then start it again",
            )
