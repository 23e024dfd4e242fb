"""The peer: Rasa's default pipeline on utterances of the catalogue, served by `rasa run`."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from nlu.catalogue import Catalogue
from nlu.paths import cache_folder

# The pipeline that `rasa init` of 3.6 suggests, with one epoch instead of 100: how long a message
# takes does not depend on what was learned.
_ONCE = {"epochs": 1, "constrain_similarities": True}
CONFIG = {
    "recipe": "default.v1",
    "assistant_id": "stock",
    "language": "en",
    "pipeline": [
        {"name": "WhitespaceTokenizer"},
        {"name": "RegexFeaturizer"},
        {"name": "LexicalSyntacticFeaturizer"},
        {"name": "CountVectorsFeaturizer"},
        {
            "name": "CountVectorsFeaturizer",
            "analyzer": "char_wb",
            "min_ngram": 1,
            "max_ngram": 4,
        },
        {"name": "DIETClassifier", **_ONCE},
        {"name": "EntitySynonymMapper"},
        {"name": "ResponseSelector", **_ONCE},
        {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
    ],
    "policies": [{"name": "RulePolicy"}],
}

# DIET on sentence vectors of an encoder of LaBSE's size: what Rasa's documentation offers for
# languages without whitespace rules of their own (LanguageModelFeaturizer).
LABSE_SIZE = {
    **CONFIG,
    "pipeline": [
        {"name": "WhitespaceTokenizer"},
        {"name": "benchmarks.labse_size.LabseSizeFeaturizer"},
        {"name": "DIETClassifier", **_ONCE},
        {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
    ],
}
_FEW = 3  # utterances per intent and key that the large peer is trained on: only its speed counts
# The same for the default pipeline. On all 30,000 an epoch of it takes over a quarter of an hour,
# in batches of 512 too. With fewer words it has fewer sparse features, which makes it quicker and
# smaller, not slower.
_SOME = 6

# Rasa runs several workers only with a lock store that it does not know as the one in memory;
# parsing takes no locks.
_ENDPOINTS = {"lock_store": {"type": "benchmarks.worker_locks.WorkerLocks"}}


def trained(catalogue: Catalogue, config: Mapping[str, Any] = CONFIG) -> Path:
    """Folder with `stock.tar.gz`; trained once per catalogue, on some of the same utterances."""
    few = _FEW if config is LABSE_SIZE else _SOME
    stamp = hashlib.sha256(f"{catalogue.hash}{config}{few}".encode()).hexdigest()[:12]
    folder = cache_folder() / "stock-rasa" / stamp
    if (folder / "stock.tar.gz").is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    intents: dict[str, Any] = {**catalogue.services, **catalogue.conversation}
    _write(folder / "config.yml", config)
    _write(folder / "domain.yml", {"version": "3.1", "intents": list(intents)})
    nlu = [
        {
            "intent": name,
            "examples": "".join(f"- {_marked(u)}\n" for u in _all(intent.utterances, few)),
        }
        for name, intent in intents.items()
    ]
    _write(folder / "nlu.yml", {"version": "3.1", "nlu": nlu})
    command = [sys.executable, "-W", "ignore", "-m", "rasa", "train", "nlu"]
    command += ["-c", "config.yml", "-u", "nlu.yml", "-d", "domain.yml", "--out", "."]
    command += ["--fixed-model-name", "stock"]
    print("Training stock Rasa (DIET), once per catalogue", file=sys.stderr)
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"stock Rasa did not train:\n{done.stderr[-3000:]}")
    return folder


def serve(folder: Path, port: int, log: Path, workers: int = 1) -> subprocess.Popen[bytes]:
    """`rasa run --enable-api` on loopback, as its documentation says; one worker is its default."""
    command = [sys.executable, "-W", "ignore", "-m", "rasa", "run", "--enable-api"]
    command += ["-m", "stock.tar.gz", "-i", "127.0.0.1", "-p", str(port)]
    variables = environment()
    if workers > 1:
        # not `endpoints.yml`: that one Rasa would read with one worker as well
        _write(folder / "workers.yml", _ENDPOINTS)
        command += ["--endpoints", "workers.yml"]
        variables["SANIC_WORKERS"] = str(workers)
    with open(log, "wb") as out:
        return subprocess.Popen(command, cwd=folder, env=variables, stdout=out, stderr=out)


def environment() -> dict[str, str]:
    """The environment without our thread limits: Rasa as it comes."""
    limits = ("THREADS", "SEVA_")
    kept = {k: v for k, v in os.environ.items() if not any(limit in k for limit in limits)}
    root = str(Path(__file__).resolve().parents[1])  # for benchmarks.labse_size, worker_locks
    ours = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": root}
    return {**kept, **ours}


def _all(utterances: Mapping[str, Sequence[Any]], few: int) -> list[Any]:
    return [u for rows in utterances.values() for u in rows[:few]]


def _marked(utterance: Any) -> str:
    text = utterance.text
    for mark in sorted(utterance.marks, key=lambda m: -m.start):
        inside = text[mark.start : mark.end]
        text = f"{text[: mark.start]}[{inside}]({mark.slot}){text[mark.end :]}"
    return " ".join(text.split())


def _write(path: Path, content: Any) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
