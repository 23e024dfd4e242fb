"""How training grows with the catalogue: time, memory and model size at several sizes.

Each size is a catalogue of made-up services (benchmarks/synthetic_catalogue.py) in a temporary
folder, trained there by `seva train` as a process of its own with empty caches: every text is
embedded anew. Seconds count from the start of that process to the finished model; scoring the
hold-out afterwards is a column of its own. The peer of each size is the reference size.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import synthetic_catalogue
from benchmarks.machine import machine

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = 165  # the size that the others are compared with
SIZES = (21, REFERENCE, 520)
PER_KEY = 15
SCORING = "Scoring"  # how the step after training announces itself


def _environment(folder: Path) -> dict[str, str]:
    """Everything that `seva train` reads or writes lies in `folder`, but for the encoder."""
    from nlu.paths import cache_folder

    cache = folder / "cache"
    cache.mkdir()
    (cache / "encoder").symlink_to(cache_folder() / "encoder")
    return {
        **os.environ,
        "SEVA_DATA_DIR": str(folder / "data"),
        "SEVA_MODELS_DIR": str(folder / "models"),
        "SEVA_CACHE_DIR": str(cache),
        "SEVA_VAR_DIR": str(folder / "var"),
        "RASA_CACHE_DIRECTORY": str(folder / "rasa"),
    }


def _train(environment: dict[str, str], profile: str) -> tuple[dict[str, Any], dict[str, float]]:
    """The manifest of the model, and when (seconds) each step announced itself."""
    command = [sys.executable, "-m", "nlu.cli", "train", "--profile", profile, "--json"]
    output, steps = listened(command, environment)
    return json.loads(output), steps


def listened(command: Sequence[str], environment: dict[str, str]) -> tuple[str, dict[str, float]]:
    """Standard output of a command, and when (seconds) each line of its standard error came.

    The output goes through a file: a pipe holds 64 kB and nobody reads it meanwhile, so a long
    document would stop the command for ever. Raises RuntimeError when the command fails.
    """
    began = time.perf_counter()
    steps: dict[str, float] = {}
    said: list[str] = []
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.PIPE, text=True
        )
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            print(f"  {line}", end="", file=sys.stderr)
            steps.setdefault(line.strip(), round(time.perf_counter() - began, 1))
        if process.wait():
            raise RuntimeError(f"`{' '.join(command)}` failed:\n{''.join(said)[-3000:]}")
        steps["end"] = round(time.perf_counter() - began, 1)
        output.seek(0)
        return output.read(), steps


def measure(services: int, profile: str) -> dict[str, Any]:
    """One row of the table. Raises RuntimeError when training fails."""
    with tempfile.TemporaryDirectory(prefix="seva-growth-") as name:
        folder = Path(name)
        print(f"{services} services: writing the catalogue", file=sys.stderr)
        synthetic_catalogue.write(
            ROOT / "data", folder / "data", services=services, per_key=PER_KEY
        )
        environment = _environment(folder)
        print(f"{services} services: training", file=sys.stderr)
        manifest, steps = _train(environment, profile)
        scoring = next((s for said, s in steps.items() if said.startswith(SCORING)), steps["end"])
        model = folder / "models" / manifest["id"]
        print(f"{services} services: loading the model", file=sys.stderr)
        resident = subprocess.run(
            [sys.executable, "-m", "benchmarks.resident_memory", str(model), str(folder / "data")],
            cwd=ROOT,
            env={**environment, "TF_CPP_MIN_LOG_LEVEL": "3"},
            capture_output=True,
            text=True,
        )
        if resident.returncode:
            raise RuntimeError(f"the model does not load:\n{resident.stderr[-3000:]}")
        return {
            "services": services,
            "utterances": manifest["utterances"],
            "seconds": scoring,
            "holdout_seconds": round(steps["end"] - scoring, 1),
            "steps": steps,
            "peak_memory_mb": manifest["peak_memory_mb"],
            "model_mb": round(manifest["archive_bytes"] / 1e6, 1),
            "resident_mb": float(resident.stdout.split()[-1]),
        }


def run(sizes: Sequence[int], profile: str) -> dict[str, Any]:
    """Every size in turn; the document that `--json` prints."""
    facts = machine()
    rows = [measure(size, profile) for size in sizes]
    reference = next((row["seconds"] for row in rows if row["services"] == REFERENCE), None)
    for row in rows:
        row["ratio"] = round(row["seconds"] / reference, 2) if reference else None
    return {"profile": profile, "per_key": PER_KEY, "rows": rows, "machine": facts}


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark growth`."""
    parser = argparse.ArgumentParser(prog="seva benchmark growth", description=__doc__)
    parser.add_argument(
        "--services",
        default=",".join(map(str, SIZES)),
        help=f"sizes, comma separated (default %(default)s); ratios are to {REFERENCE}",
    )
    parser.add_argument("--profile", choices=("fast", "full"), default="fast")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args(list(argv))
    try:
        sizes = [int(size) for size in given.services.split(",")]
    except ValueError:
        parser.error(f"--services takes numbers like {REFERENCE},520, not {given.services!r}")
    if min(sizes) < 1:
        parser.error("--services takes numbers from 1")
    try:
        result = run(sizes, given.profile)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    if given.json:
        print(json.dumps(result, ensure_ascii=False, indent=2))
        return 0
    _print_table(result)
    return 0


def _print_table(result: dict[str, Any]) -> None:
    facts = result["machine"]
    print(f"{facts['cpu']}, {facts['cores']} cores, load before {facts['load_before']}")
    print(f"profile {result['profile']}, {result['per_key']} utterances per key")
    heads = ["services", "utterances", "seconds", f"x {REFERENCE}", "hold-out s"]
    heads += ["peak MB", "model MB", "resident MB"]
    print("".join(f"{head:>12}" for head in heads))
    for row in result["rows"]:
        ratio = "-" if row["ratio"] is None else row["ratio"]
        cells = [row["services"], row["utterances"], row["seconds"], ratio]
        cells += [row["holdout_seconds"], row["peak_memory_mb"], row["model_mb"]]
        print("".join(f"{cell:>12}" for cell in [*cells, row["resident_mb"]]))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
