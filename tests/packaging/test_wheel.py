"""A wheel of Seva runs in an empty folder, without the repository."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.packaging.conftest import Installed

pytestmark = pytest.mark.may_take(900, "installs Seva into a new environment")

WHERE = """
import json
from nlu import paths
found = {**paths.defaults(), "var": paths.var_folder(), "shipped": paths.SHIPPED}
print(json.dumps({name: str(path.absolute()) for name, path in found.items()}))
"""
DEMO = {"api.demo.commands", "actions.sandbox.commands"}


def where(installed: Installed, here: Path) -> dict[str, Path]:
    """What an installed Seva uses in the folder `here`."""
    code, said = installed.run("python", "-c", WHERE, here=here)
    assert code == 0, said
    return {name: Path(path) for name, path in json.loads(said).items()}


def test_check_reads_the_catalogue_in_the_wheel_and_writes_nothing_beside_it(
    everything: Installed, tmp_path: Path
) -> None:
    before = everything.files()
    code, said = everything.run("seva", "check", here=tmp_path)
    assert (code, said[:26]) == (0, "The catalogue is valid: 36"), said
    assert everything.files() == before
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_lies_here_or_in_the_users_cache(
    everything: Installed, tmp_path: Path
) -> None:
    found = where(everything, tmp_path)
    assert found["models_dir"] == tmp_path / "models"
    assert found["var"] == tmp_path / "var"
    assert found["cache_dir"] == everything.environment / "cache" / "seva"
    assert found["shipped"] == everything.packages / "nlu" / "shipped"
    assert found["data_dir"] == found["shipped"] / "data"
    assert found["config"] == found["shipped"] / "config.yml"


def test_all_that_came_with_seva_is_in_the_wheel(everything: Installed, tmp_path: Path) -> None:
    """As many files of the catalogue as in the repository, and what packages read beside code."""
    from nlu.paths import SHIPPED

    wheel, repository = where(everything, tmp_path)["shipped"] / "data", SHIPPED / "data"
    names = {path.relative_to(repository) for path in repository.rglob("*") if path.is_file()}
    assert {path.relative_to(wheel) for path in wheel.rglob("*") if path.is_file()} == names
    steps = "api/migrations/inbox/0001_first.before.sql"
    for inside in ("nlu/catalogue/schemas/service.json", "actions/documents/fonts/OFL.txt", steps):
        assert (everything.packages / inside).is_file()
    assert (everything.packages / "api/demo/simulator/static/index.html").is_file()


def test_init_lays_out_a_catalogue_that_check_reads(everything: Installed, tmp_path: Path) -> None:
    code, said = everything.run("seva", "init", "own", here=tmp_path)
    assert code == 0, said
    own = tmp_path / "own"
    found = where(everything, own)
    assert (found["data_dir"], found["config"]) == (own / "data", own / "config.yml")
    assert found["models_dir"] == own / "models"
    code, said = everything.run("seva", "check", here=own)
    assert code == 0, said
    phrases = own / "data" / "phrases.yml"
    phrases.write_text(phrases.read_text("utf-8") + "\nnobody: says this\n", "utf-8")
    code, said = everything.run("seva", "check", here=own)
    assert code == 1
    assert said.startswith("data/phrases.yml:"), said


def test_everything_has_the_demo(everything: Installed, tmp_path: Path) -> None:
    code, said = everything.run("seva", "--help", here=tmp_path)
    assert code == 0, said
    assert everything.commands() >= DEMO
    for name in ("init", "check", "serve", "demo", "simulator", "sandbox"):
        assert f"\n  {name} " in said


@pytest.mark.nightly
def test_the_product_has_no_demo_and_no_trace_of_it(product: Installed, tmp_path: Path) -> None:
    """Every command that its entry points name is there: `--help` loads them all."""
    code, said = product.run("seva", "--help", here=tmp_path)
    assert code == 0, said
    assert not product.commands() & DEMO
    for name in ("demo", "simulator", "sandbox"):
        assert f"\n  {name} " not in said
    assert "\n  serve " in said
    for folder in ("api/demo", "actions/sandbox", "nlu/shipped/data/demo"):
        assert not (product.packages / folder).exists()


@pytest.mark.nightly
def test_the_product_needs_nothing_of_the_demo(product: Installed, tmp_path: Path) -> None:
    """What serves citizens can be imported without it."""
    served = "import api.app, api.worker_process, actions.server.process"
    code, said = product.run("python", "-c", served, here=tmp_path)
    assert code == 0, said


def test_benchmarks_say_that_they_need_a_checkout(everything: Installed, tmp_path: Path) -> None:
    code, said = everything.run("seva", "benchmark", "parse", here=tmp_path)
    assert code == 2
    assert "checkout" in said
