"""Scaffolds are refused by the check until they are filled, and never overwrite."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.catalogue.checker import check_catalogue
from nlu.catalogue.scaffold import (
    ScaffoldError,
    create_catalogue,
    create_department,
    create_service,
)
from nlu.fast_yaml import load_yaml
from tests.catalogue.sample import write_sample
from tests.catalogue.test_schemas import SCHEMAS, validator


def test_new_service_is_refused_until_filled(tmp_path: Path) -> None:
    """Every TODO is a problem of the new file, and of no other."""
    file = create_service(write_sample(tmp_path), "power/meter_shift")
    assert file == tmp_path / "services/power/meter_shift.yml"
    problems = check_catalogue(tmp_path).problems
    assert {problem.file for problem in problems} == {file}
    todo = [n for n, line in enumerate(file.read_text("utf-8").splitlines(), 1) if '"TODO"' in line]
    lines = {problem.line for problem in problems if "still to be done" in problem.what}
    commented = {n for n in todo if file.read_text("utf-8").splitlines()[n - 1].startswith("#")}
    assert set(todo) - commented <= lines


def test_new_service_has_the_keys_of_the_schema(tmp_path: Path) -> None:
    """The only things wrong with a scaffold are what is still to be filled."""
    file = create_service(write_sample(tmp_path), "power/meter_shift")
    content = load_yaml(file.read_text("utf-8"))
    wrong = {error.validator for error in validator("service").iter_errors(content)}
    assert wrong <= {"enum", "pattern", "minItems"}
    assert file.read_text("utf-8").startswith(
        f"# yaml-language-server: $schema={SCHEMAS.as_uri()}/service.json"
    )


def test_new_department_is_refused_until_filled(tmp_path: Path) -> None:
    """Both files are named."""
    made = create_department(write_sample(tmp_path), "health")
    problems = check_catalogue(tmp_path).problems
    assert {problem.file for problem in problems} == set(made)
    assert create_service(tmp_path, "health/opd_booking").exists()


@pytest.mark.parametrize(
    "name",
    ["meter_shift", "power/", "/x", "power/Meter", "power/meter-shift", "power/../x", "a/b/c"],
)
def test_new_service_refuses_other_names(tmp_path: Path, name: str) -> None:
    """Names are intents and file names: small letters, digits, underscores."""
    with pytest.raises(ScaffoldError, match="energy/meter_shift"):
        create_service(write_sample(tmp_path), name)


def test_new_service_needs_its_department(tmp_path: Path) -> None:
    """And says how to make it."""
    with pytest.raises(ScaffoldError, match="seva new-department water"):
        create_service(write_sample(tmp_path), "water/leak")


def test_scaffolds_never_overwrite(tmp_path: Path) -> None:
    """Nor make a second service of the same name elsewhere."""
    write_sample(tmp_path)
    create_department(tmp_path, "water")
    for name in ("power/bill_view", "water/bill_view"):
        with pytest.raises(ScaffoldError, match="is there already"):
            create_service(tmp_path, name)
    for name in ("power", "defaults"):
        with pytest.raises(ScaffoldError):
            create_department(tmp_path, name)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue laid out by `seva init`."""
    folder = tmp_path_factory.mktemp("init") / "own"
    assert all((folder / name).exists() for name in create_catalogue(folder))
    return folder


def test_an_own_catalogue_is_valid_and_leaves_the_encoder_behind(own: Path) -> None:
    assert check_catalogue(own / "data").problems == ()
    assert (own / "config.yml").is_file()
    assert not (own / "data" / "encoder").exists()


@pytest.mark.parametrize("there", ["data", "config.yml", "README.md"])
def test_an_own_catalogue_overwrites_nothing(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine", "utf-8")
    with pytest.raises(ScaffoldError, match=there):
        create_catalogue(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text("utf-8") == "mine"


def test_scaffolds_of_an_own_catalogue_name_the_schemas_beside_it(own: Path) -> None:
    file = create_service(own / "data", "energy/meter_shift")
    schema = file.read_text("utf-8").partition("$schema=")[2].split()[0]
    assert schema == "../../../schemas/service.json"
    assert (file.parent / schema).is_file()
