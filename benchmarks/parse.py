"""`seva benchmark parse`: our `/parse` beside stock `rasa run --enable-api`, one after the other.

All are trained on utterances of the catalogue (stock Rasa on six of each intent and key) and get
the same messages over HTTP from the same client process. First eight clients that never pause, for
the throughput; then messages that arrive by themselves at half that rate, for the latency people
see (`p50_ms`, `p99_ms`); then one client.
Every message is another one until all of the catalogue have been used, and no answers are kept.
The client takes part of the same cores: its share is printed (`client_cpu`). Where haproxy is
installed (`make system`), the same processes are measured once more behind deploy/haproxy.cfg.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks import behind_haproxy, stock_rasa
from benchmarks.load import Target, closed_loop, open_loop
from benchmarks.machine import machine, resident_mb
from nlu.catalogue import Catalogue, load_catalogue
from nlu.training.evaluate import holdout

ROOT = Path(__file__).resolve().parents[1]
KEY = "benchmark-key"
SEVA_PORT, STOCK_PORT, BALANCER_PORT = 8880, 8881, 8882
CLIENTS = 8
START_S = 600.0
Row = dict[str, Any]


@dataclass(frozen=True)
class Contender:
    """A server to measure: how it starts, when it is ready, where messages go."""

    name: str
    start: Callable[[Path], subprocess.Popen[bytes]]
    ready: str
    target: Target
    processes: int


def messages(catalogue: Catalogue) -> list[str]:
    """Hold-out and trained utterances, each once, shuffled: enough that none comes twice soon."""
    intents: Mapping[str, Any] = {**catalogue.services, **catalogue.conversation}
    trained = [u.text for i in intents.values() for some in i.utterances.values() for u in some]
    texts = list(dict.fromkeys([row.text for row in holdout(catalogue)] + trained))
    random.Random(0).shuffle(texts)
    return texts


def contenders(catalogue: Catalogue, processes: int, *, labse_size: bool) -> list[Contender]:
    """Ours, stock Rasa as it comes, with as many workers as we have processes, and if asked the
    large one; those not trained yet are trained here."""
    folder = stock_rasa.trained(catalogue)
    found = [_seva(processes), _stock("stock", folder, 1)]
    if behind_haproxy.program():
        found.insert(1, _behind_haproxy())
    else:
        print("no haproxy: `make system` installs it; going on without", file=sys.stderr)
    if processes > 1:
        found.append(_stock(f"stock_{processes}_workers", folder, processes))
    if labse_size:
        large = stock_rasa.trained(catalogue, stock_rasa.LABSE_SIZE)
        found.append(_stock("labse_size", large, 1))
    return found


def _seva(processes: int) -> Contender:
    command = [sys.executable, "-m", "nlu.cli", "serve", "--processes", str(processes)]
    return _ours("seva", command, SEVA_PORT, processes)


def _behind_haproxy() -> Contender:
    servers = behind_haproxy.ports(behind_haproxy.CONFIG.read_text("utf-8"))
    bind = f"127.0.0.1:{BALANCER_PORT}"
    command = [sys.executable, "-m", "benchmarks.behind_haproxy", bind]
    return _ours("seva_haproxy", command, BALANCER_PORT, len(servers))


def _ours(name: str, command: Sequence[str], port: int, processes: int) -> Contender:
    variables = {
        "SEVA_SERVE_PORT": str(port),
        "SEVA_INTERNAL_PORT": "0",
        "SEVA_API_KEYS": KEY,
        "SEVA_PARSE_CACHE": "0",
        "SEVA_THREADS": "1",
        "SEVA_VAR_DIR": str(ROOT / "var" / "benchmark"),
    }

    def start(log: Path) -> subprocess.Popen[bytes]:
        with open(log, "wb") as out:
            environment = {**os.environ, **variables}
            return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)

    base = f"http://127.0.0.1:{port}"
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    target = Target(f"{base}/parse", headers, lambda text: {"text": text})
    return Contender(name, start, f"{base}/health/ready", target, processes)


def _stock(name: str, folder: Path, workers: int) -> Contender:
    base = f"http://127.0.0.1:{STOCK_PORT}"
    headers = {"Content-Type": "application/json"}
    target = Target(f"{base}/model/parse", headers, lambda text: {"text": text})

    def start(log: Path) -> subprocess.Popen[bytes]:
        return stock_rasa.serve(folder, STOCK_PORT, log, workers)

    return Contender(name, start, f"{base}/status", target, workers)


def _wait(process: subprocess.Popen[bytes], contender: Contender, log: Path) -> None:
    """Until every process answers: each new connection may reach another one."""
    until, right = time.monotonic() + START_S, 0
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{contender.name} stopped by itself, see {log}")
        try:
            answer = httpx.get(contender.ready, timeout=5, trust_env=False)
            right = right + 1 if answer.status_code == 200 else 0
        except httpx.HTTPError:
            right = 0
        if right == 8 * contender.processes:
            return
        if not right:
            time.sleep(0.5)
    raise RuntimeError(f"{contender.name} did not get ready, see {log}")


def measure(contender: Contender, texts: Sequence[str], seconds: float, logs: Path) -> Row:
    """Starts a server, measures it and stops it."""
    print(f"Measuring {contender.name}, about {4 * seconds:.0f} s", file=sys.stderr)
    log = logs / f"benchmark-{contender.name}.log"
    process = contender.start(log)
    try:
        _wait(process, contender, log)
        third = len(texts) // 3
        warm, first, second = texts[:third], texts[third : 2 * third], texts[2 * third :]
        closed_loop(contender.target, warm, CLIENTS, seconds)
        cpu, wall = time.process_time(), time.perf_counter()
        many = closed_loop(contender.target, first, CLIENTS, seconds)
        client = (time.process_time() - cpu) / (time.perf_counter() - wall)
        half = open_loop(contender.target, second, many.per_second / 2, seconds)
        alone = closed_loop(contender.target, warm, 1, seconds)
        memory = resident_mb(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
    return {
        "p50_ms": half.percentile(50),
        "p99_ms": half.percentile(99),
        "rps": many.per_second,
        "rss_mb": memory[0],
        "half_load_rps": half.per_second,
        "p50_ms_1_client": alone.percentile(50),
        "p99_ms_1_client": alone.percentile(99),
        "rps_1_client": alone.per_second,
        "p99_ms_8_clients": many.percentile(99),
        "rss_mb_all_processes": round(sum(memory), 1),
        "processes": contender.processes,
        "client_cpu": round(client, 2),
    }


def run(seconds: float, processes: int, *, labse_size: bool) -> dict[str, Any]:
    """All servers in turn; the document that `--json` prints."""
    catalogue = load_catalogue(ROOT / "data")
    texts = messages(catalogue)
    logs = ROOT / "var" / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    servers = contenders(catalogue, processes, labse_size=labse_size)
    facts = machine()
    rows = {server.name: measure(server, texts, seconds, logs) for server in servers}
    ratios = {
        f"throughput_ratio_to_{name}": round(rows["seva"]["rps"] / row["rps"], 2)
        for name, row in rows.items()
        if not name.startswith("seva") and name != "stock"
    }
    ratio = round(rows["seva"]["rps"] / rows["stock"]["rps"], 2)
    facts = {**facts, "distinct_messages": len(texts), "seconds": seconds}
    return {**rows, "throughput_ratio": ratio, **ratios, "machine": facts}


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark parse`."""
    parser = argparse.ArgumentParser(prog="seva benchmark parse", description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0, help="length of each measurement")
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="of Seva; one per core if absent"
    )
    parser.add_argument(
        "--labse-size", action="store_true", help="also Rasa with an encoder as large as LaBSE"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args(list(argv))
    result = run(given.seconds, given.processes, labse_size=given.labse_size)
    if given.json:
        print(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        _print(result)
    return 0


def _print(result: Mapping[str, Any]) -> None:
    facts = result["machine"]
    print(f"{facts['cpu']}, {facts['cores']} cores, load {facts['load_before']} before")
    print(facts["versions"])
    columns = {
        "p50 ms": "p50_ms",
        "p99 ms": "p99_ms",
        "req/s": "rps",
        "RSS MB": "rss_mb",
        "p50 x1": "p50_ms_1_client",
        "p99 x1": "p99_ms_1_client",
        "p99 x8": "p99_ms_8_clients",
        "all MB": "rss_mb_all_processes",
        "client": "client_cpu",
    }
    print(f"{'':18}" + "".join(f"{head:>9}" for head in columns))
    for name, row in result.items():
        if isinstance(row, dict) and "rps" in row:
            print(f"{name:18}" + "".join(f"{row[key]:>9}" for key in columns.values()))
    for name, value in result.items():
        if name.startswith("throughput_ratio"):
            print(name.replace("_", " "), value)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
