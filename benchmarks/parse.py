"""`seva benchmark parse`: our `/parse` beside stock `rasa run --enable-api`, one after the other.

Both are trained on the catalogue's utterances and get its hold-out messages over HTTP from the same
client process: one client for latency, eight for throughput. Nothing is cached: every message of
the hold-out is different and none was seen in warming up.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from benchmarks import stock_rasa
from benchmarks.load import Target, measure
from benchmarks.machine import machine
from nlu.catalogue import load_catalogue
from nlu.training.evaluate import holdout

ROOT = Path(__file__).resolve().parents[1]
KEY = "benchmark-key"
SEVA_PORT, STOCK_PORT = 8880, 8881
CLIENTS = 8


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + 180
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"server stopped by itself, see {log}")
        try:
            if httpx.get(url, timeout=2, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.5)
    raise RuntimeError(f"{url} did not get ready, see {log}")


def _resident_mb(process: subprocess.Popen[bytes]) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
    line = next(x for x in status.splitlines() if x.startswith("VmRSS"))
    return round(int(line.split()[1]) / 1024, 1)


def _measure(
    process: subprocess.Popen[bytes], target: Target, texts: Sequence[str], seconds: float
) -> dict[str, float]:
    measure(target, ["warming up", "వేడి చేస్తున్నాం", "गरम हो रहा है"], 1, min(3.0, seconds))
    alone = measure(target, texts, 1, seconds)
    many = measure(target, texts, CLIENTS, seconds)
    return {
        "p50_ms": alone["p50_ms"],
        "p99_ms": alone["p99_ms"],
        "rps_1_client": alone["rps"],
        "rps": many["rps"],
        "p99_ms_8_clients": many["p99_ms"],
        "rss_mb": _resident_mb(process),
    }


def run(seconds: float) -> dict[str, Any]:
    """Both servers in turn; the document that `--json` prints."""
    catalogue = load_catalogue(ROOT / "data")
    texts = [row.text for row in holdout(catalogue)]
    logs = ROOT / "var" / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    stock_folder = stock_rasa.trained(catalogue)
    facts = machine()

    print(f"Measuring Seva, {2 * seconds:.0f} s", file=sys.stderr)
    log = logs / "benchmark-serve.log"
    environment = {**os.environ, "SEVA_SERVE_PORT": str(SEVA_PORT), "SEVA_API_KEYS": KEY}
    with open(log, "wb") as out:
        seva = subprocess.Popen(
            [sys.executable, "-m", "nlu.cli", "serve"], env=environment, stdout=out, stderr=out
        )
    try:
        _wait(seva, f"http://127.0.0.1:{SEVA_PORT}/health/ready", log)
        target = Target(
            f"http://127.0.0.1:{SEVA_PORT}/parse",
            {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
            lambda text: {"text": text},
        )
        ours = _measure(seva, target, texts, seconds)
    finally:
        seva.terminate()
        seva.wait(30)

    print(f"Measuring stock Rasa, {2 * seconds:.0f} s", file=sys.stderr)
    log = logs / "benchmark-stock.log"
    stock = stock_rasa.serve(stock_folder, STOCK_PORT, log)
    try:
        _wait(stock, f"http://127.0.0.1:{STOCK_PORT}/status", log)
        target = Target(
            f"http://127.0.0.1:{STOCK_PORT}/model/parse",
            {"Content-Type": "application/json"},
            lambda text: {"text": text},
        )
        theirs = _measure(stock, target, texts, seconds)
    finally:
        stock.terminate()
        stock.wait(30)
    ratio = round(ours["rps"] / theirs["rps"], 2)
    return {"seva": ours, "stock": theirs, "throughput_ratio": ratio, "machine": facts}


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark parse`."""
    parser = argparse.ArgumentParser(prog="seva benchmark parse", description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0, help="length of each measurement")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args(list(argv))
    result = run(given.seconds)
    if given.json:
        print(json.dumps(result, ensure_ascii=False, indent=2))
        return 0
    facts = result["machine"]
    print(f"{facts['cpu']}, {facts['cores']} cores; {facts['versions']}")
    print(f"{'':8}{'p50 ms':>9}{'p99 ms':>9}{'req/s x8':>10}{'p99 x8':>9}{'RSS MB':>9}")
    for name in ("seva", "stock"):
        row = result[name]
        print(
            f"{name:8}{row['p50_ms']:>9}{row['p99_ms']:>9}{row['rps']:>10}"
            f"{row['p99_ms_8_clients']:>9}{row['rss_mb']:>9}"
        )
    print(f"throughput ratio {result['throughput_ratio']}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
