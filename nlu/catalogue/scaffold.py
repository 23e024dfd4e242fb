"""`seva init`, `new-service` and `new-department`: files to edit, the last two with TODO marks."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from nlu import paths
from nlu.catalogue.model import Languages
from nlu.catalogue.vocabulary import read_languages
from nlu.catalogue.yaml_source import Source

TEMPLATES = Path(__file__).parent / "templates"
SCHEMAS = Path(__file__).parent / "schemas"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class ScaffoldError(Exception):
    """Why the file was not made, and what to do instead."""


def create_catalogue(folder: Path) -> list[str]:
    """Lays out a copy of the catalogue that came with Seva, and what belongs to it; returns the
    names in `folder`. Overwrites nothing.

    The encoder's weights stay with Seva: a catalogue does not change them.
    """
    made = [paths.CATALOGUE, paths.CONFIG, SCHEMAS.name, "README.md", ".python-version"]
    there = [name for name in made if (folder / name).exists()]
    if there:
        raise ScaffoldError(
            f"{folder} has {' and '.join(there)} already: choose another folder, or move them away."
        )
    folder.mkdir(parents=True, exist_ok=True)
    own = shutil.ignore_patterns("encoder", "__pycache__")
    shutil.copytree(paths.SHIPPED / paths.CATALOGUE, folder / paths.CATALOGUE, ignore=own)
    shutil.copyfile(paths.SHIPPED / paths.CONFIG, folder / paths.CONFIG)
    shutil.copytree(SCHEMAS, folder / SCHEMAS.name)
    _write(folder / "README.md", (TEMPLATES / "own_catalogue.md").read_text("utf-8"))
    _write(folder / ".python-version", "3.10\n")
    return made


def create_service(root: Path, name: str) -> Path:
    """Makes `services/<department>/<service>.yml` under `root`; never overwrites."""
    department, slash, service = name.partition("/")
    if not slash or not _NAME.fullmatch(department) or not _NAME.fullmatch(service):
        raise ScaffoldError(
            f"`{name}` is not DEPARTMENT/NAME: write for instance `energy/meter_shift`, "
            "in small letters, digits and underscores."
        )
    if not (root / "departments" / f"{department}.yml").exists():
        raise ScaffoldError(
            f"There is no department `{department}`: run `seva new-department {department}` first."
        )
    taken = list((root / "services").glob(f"*/{service}.yml"))
    if taken:
        raise ScaffoldError(f"{taken[0]} is there already: choose another name.")
    file = root / "services" / department / f"{service}.yml"
    names = {"service": service, "department": department}
    _write(file, _filled("service.yml", file, root, names))
    return file


def create_department(root: Path, name: str) -> tuple[Path, Path]:
    """Makes `departments/<name>.yml` and its OpenAPI file under `root`; never overwrites."""
    if not _NAME.fullmatch(name) or name == "defaults":
        raise ScaffoldError(
            f"`{name}` cannot be a department: write for instance `health`, "
            "in small letters, digits and underscores."
        )
    file = root / "departments" / f"{name}.yml"
    openapi = root / "departments" / "openapi" / f"{name}.yml"
    for taken in (file, openapi):
        if taken.exists():
            raise ScaffoldError(f"{taken} is there already: choose another name.")
    names = {"department": name, "DEPARTMENT": name.upper()}
    _write(file, _filled("department.yml", file, root, names))
    _write(openapi, _filled("openapi.yml", openapi, root, names))
    return file, openapi


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("x", encoding="utf-8") as out:
        out.write(text)


def _filled(template: str, file: Path, root: Path, names: Mapping[str, str]) -> str:
    """The template with names, languages and keys of this catalogue filled in."""
    languages = read_languages(Source(), root / "languages.yml")

    def fill(match: re.Match[str]) -> str:
        what = match.group(1)
        if what.startswith("words "):
            return _words(languages, int(what.removeprefix("words ")))
        if what == "keys":
            return "\n".join(f'  {key}:\n    - "TODO"' for key in languages.keys)
        if what == "schemas":
            return _schema_folder(file, root)
        return names[what] if what in names else what.strip(' "')

    text = (TEMPLATES / template).read_text("utf-8")
    return re.sub(r'\{\{( "\{\{ name \}\}" |[^{}]+)\}\}', fill, text)


def _words(languages: Languages, indent: int) -> str:
    return "\n".join(f'{" " * indent}{language}: "TODO"' for language in languages.reply)


def _schema_folder(file: Path, root: Path) -> str:
    """Schemas as seen from the file: those that `seva init` laid beside the catalogue, else Seva's
    own. Relative inside the catalogue's project, absolute elsewhere."""
    project = root.resolve().parent
    beside = project / SCHEMAS.name
    schemas = beside if beside.is_dir() else SCHEMAS
    if not schemas.is_relative_to(project):
        return schemas.as_uri()
    return Path(os.path.relpath(schemas, file.resolve().parent)).as_posix()
