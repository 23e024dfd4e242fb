"""What decides a model is in the hash of its inputs."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pytest
import yaml
from tarsafe import TarSafe

from nlu.catalogue import load_catalogue
from nlu.training.train import _packing, inputs_hash, train

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture()
def config() -> str:
    """The text of config.yml."""
    return (ROOT / "config.yml").read_text("utf-8")


def test_inputs_hash_is_stable(config: str) -> None:
    """The same inputs, the same model."""
    assert inputs_hash("data", config, "encoder") == inputs_hash("data", config, "encoder")


def test_inputs_hash_follows_data_encoder_and_config(config: str) -> None:
    """Each of them alone makes another model."""
    before = inputs_hash("data", config, "encoder")
    assert inputs_hash("other data", config, "encoder") != before
    assert inputs_hash("data", config, "other encoder") != before
    raw = yaml.safe_load(config)
    raw["pipeline"][-1]["options"] = 4
    assert inputs_hash("data", yaml.safe_dump(raw), "encoder") != before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("services/energy/electricity_bill_view.yml", '"కరెంటు బిల్లు ఎంత"', '"కరెంటు బిల్లెంత"'),
        ("services/energy/electricity_bill_view.yml", 'neighbours: ["', 'neighbours: ["ror_1b", "'),
        ("conversation/greet.yml", "utterances:", "utterances:  "),
    ],
)
def test_catalogue_hash_follows_the_files(tmp_path: Path, file: str, old: str, new: str) -> None:
    """A changed utterance or neighbour is another catalogue; spaces are not."""
    folder = tmp_path / "data"
    shutil.copytree(ROOT / "data", folder)
    before = load_catalogue(folder).hash
    path = folder / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    changed = old.strip() != new.strip()
    assert (load_catalogue(folder).hash != before) == changed


def test_catalogue_hash_is_the_same_in_another_folder(tmp_path: Path) -> None:
    """It is about content, not about where the files lie."""
    shutil.copytree(ROOT / "data", tmp_path / "copy")
    assert load_catalogue(tmp_path / "copy").hash == load_catalogue(ROOT / "data").hash


def test_unknown_profile_is_refused() -> None:
    """Before anything is read."""
    with pytest.raises(ValueError, match="profile 'huge'"):
        train("huge")


def test_archives_are_packed_at_the_level_given_only_inside(tmp_path: Path) -> None:
    """Byte 8 of a gzip file tells: 2 is level 9, 0 one in between (RFC 1952, XFL)."""
    packed = {}
    for name in ("inside", "after"):
        packing = _packing(6) if name == "inside" else contextlib.nullcontext()
        with packing, TarSafe.open(str(tmp_path / name), "w:gz") as tar:
            tar.add(__file__, arcname="this.py")
        packed[name] = (tmp_path / name).read_bytes()[8]
        with TarSafe.open(str(tmp_path / name)) as tar:
            tar.extractall(tmp_path / f"{name}-out")
        assert (tmp_path / f"{name}-out" / "this.py").read_bytes() == Path(__file__).read_bytes()
    assert packed == {"inside": 0, "after": 2}
