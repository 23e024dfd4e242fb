"""Profile `full` through Rasa: trained, packed, served without torch. On a tiny encoder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from nlu.fast_yaml import load_yaml
from tests.joint.tiny_encoder import tiny_encoder
from tests.processes import ROOT

pytestmark = pytest.mark.nightly
DEPARTMENT = "energy"
TEXTS = {
    "నా కరెంటు బిల్లు ఎంత వచ్చింది? 6123401005678": "electricity_bill_view",
    "naa current bill entha 6123401005678": "electricity_bill_view",
    "मेरा बिजली का बिल कितना आया है 6123401005678": "electricity_bill_view",
    "mera bijli ka bill kitna aaya hai 6123401005678": "electricity_bill_view",
    "how much is my electricity bill 6123401005678": "electricity_bill_view",
}
_SERVE = """
import asyncio, json, os, sys
from pathlib import Path
from nlu.engine.rasa_engine import Engine

async def main():
    engine = await Engine.load(Path(sys.argv[1]), data_dir=Path(os.environ["SEVA_DATA_DIR"]))
    answers = [await engine.parse(text) for text in json.loads(sys.argv[2])]
    together = await engine.parse_many(json.loads(sys.argv[2]))
    print(json.dumps([answers, together, "torch" in sys.modules]))

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A project of its own: one department, a tiny encoder, nothing cached."""
    folder = tmp_path_factory.mktemp("full")
    shutil.copytree(ROOT / "data", folder / "data")
    for department in (folder / "data" / "services").iterdir():
        if department.name != DEPARTMENT:
            shutil.rmtree(department)
    config = load_yaml((ROOT / "config.yml").read_text("utf-8"))
    encoder = next(c for c in config["pipeline"] if c["name"].endswith(".SentenceEncoder"))
    encoder["joint"] = {**encoder["joint"], "epochs": 2, "rate": 1e-3}
    (folder / "config.yml").write_text(yaml.safe_dump(config, allow_unicode=True), "utf-8")
    return {
        **os.environ,
        "SEVA_DATA_DIR": str(folder / "data"),
        "SEVA_CONFIG": str(folder / "config.yml"),
        "SEVA_ENCODER_MODEL": str(tiny_encoder(folder / "tiny")),
        "SEVA_MODELS_DIR": str(folder / "models"),
        "SEVA_CACHE_DIR": str(folder / "cache"),
        "RASA_CACHE_DIRECTORY": str(folder / "rasa"),
    }


@pytest.fixture(scope="module")
def model(environment: dict[str, str]) -> Path:
    """Folder of the trained registry entry."""
    done = subprocess.run(
        [sys.executable, "-m", "nlu.cli", "train", "--profile", "full", "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "epoch 1/2" in done.stderr
    manifest = json.loads(done.stdout)
    assert manifest["profile"] == "full"
    return Path(environment["SEVA_MODELS_DIR"]) / manifest["id"]


@pytest.fixture(scope="module")
def served(model: Path, environment: dict[str, str]) -> Any:
    """Answers one by one, answers together, and whether torch was imported."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _SERVE, str(model), json.dumps(list(TEXTS))],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_archive_holds_the_network_and_the_report_its_development_part(model: Path) -> None:
    with tarfile.open(model / "model.tar.gz") as packed:
        names = [Path(name).name for name in packed.getnames()]
    assert {"joint.onnx", "tokenizer.json", "crf.npz", "joint.json"} <= set(names)
    assert (model / "report" / "development.npz").is_file()
    assert "<h1>" in (model / "report" / "report.html").read_text("utf-8")


@pytest.mark.parametrize("at", range(len(TEXTS)))
def test_services_and_values_in_every_key(served: Any, at: int) -> None:
    text, service = list(TEXTS.items())[at]
    answer = served[0][at]
    assert answer["intent"]["name"] == service
    assert answer["decision"]["kind"] == "route"
    values = {entity["entity"]: entity["value"] for entity in answer["entities"]}
    assert values == {"service_number": "6123401005678"}
    for entity in answer["entities"]:
        assert text[entity["start"] : entity["end"]] == entity["raw"]
    chances = [row["confidence"] for row in answer["intent_ranking"]]
    assert chances == sorted(chances, reverse=True) and sum(chances) <= 1.0001


def test_messages_together_are_understood_as_alone(served: Any) -> None:
    """int8 scales of a batch would mix its messages."""
    for alone, together in zip(*served[:2]):
        assert {**alone, "elapsed_ms": 0} == {**together, "elapsed_ms": 0}


def test_serving_needs_no_torch(served: Any) -> None:
    assert served[2] is False
