"""Where a deployment keeps what a backup holds, and which files are none of its business.

Everything in SEVA_VAR_DIR belongs to the backup unless a rule here leaves it out. So a store that
comes new to Seva is in the backup without anybody thinking of it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nlu.paths import CATALOGUE, SHIPPED, models_folder, var_folder
from nlu.settings.groups import State, Tables

Engine = Literal["sqlite", "postgresql"]
STATE, JOURNAL = "state", "journal"
VAR, MODELS, DATA = "var", "models", "data"
WORK = ".backup"
"""Below SEVA_VAR_DIR: where a backup puts its copies together."""
COMING = ".restore.partial"
"""Below each folder that a restore fills: what is not in its place yet."""

VARIABLES_FILE = "keys.env"
"""Below SEVA_VAR_DIR: where a restore puts keys that were given by variables."""

_KEY = re.compile(r"\.(key|pem)(\.|$)")  # drafts of key files, too
_LEFT_OUT = {WORK, COMING, "counts", "logs"}  # of the top: metrics and logs of processes
_PASSING = re.compile(r"\.(sock|draft|partial)$|^\.?lock$|^\.nfs")
_BESIDE = re.compile(r"^(.+)-(wal|shm|journal)$")
_MAGIC = b"SQLite format 3\0"
_SQLITE = "sqlite:///"


@dataclass(frozen=True)
class Store:
    """A database that a setting names: a file of SQLite, or a URL of PostgreSQL."""

    name: str
    url: str

    @property
    def engine(self) -> Engine:
        """Which of the two."""
        return "sqlite" if self.url.startswith("sqlite") else "postgresql"

    @property
    def file(self) -> Path:
        """The file of SQLite."""
        return Path(self.url[len(_SQLITE) :]).absolute()

    @property
    def part(self) -> str:
        """Its name in a backup."""
        return f"{self.name}.{'sqlite' if self.engine == 'sqlite' else 'dump'}"


@dataclass(frozen=True)
class Places:
    """All of them, as the environment says."""

    var: Path
    models: Path
    data: Path
    stores: tuple[Store, ...]
    """The state first, in one database or several; the journal, where it does not lie in one of
    them."""

    @classmethod
    def of_environment(cls) -> Places:
        """Raises WrongEnvironment."""
        urls, journal = State.read().database_urls, Tables.read().tables_url
        names = [STATE, *(f"{STATE}-{place}" for place in range(2, len(urls) + 1))]
        stores = [Store(name, url) for name, url in zip(names, urls)]
        if journal not in urls:
            stores.append(Store(JOURNAL, journal))
        data = Path(os.environ.get("SEVA_DATA_DIR") or CATALOGUE)
        return cls(
            var_folder().absolute(), models_folder().absolute(), data.absolute(), tuple(stores)
        )

    @property
    def engines(self) -> dict[str, str]:
        """The engine of each store."""
        return {store.name: store.engine for store in self.stores}

    @property
    def own_data(self) -> Path | None:
        """The catalogue, where it is not the one that came with Seva."""
        own = self.data.is_dir() and self.data.resolve() != (SHIPPED / CATALOGUE).resolve()
        return self.data if own else None

    def target(self, part: str) -> Path:
        """The file that a part of a backup becomes."""
        for store in self.stores:
            if part == store.part and store.engine == "sqlite":
                return store.file
        root, _, rest = part.partition("/")
        return {VAR: self.var, MODELS: self.models, DATA: self.data}[root] / rest

    def files(self) -> Iterator[tuple[str, Path]]:
        """What lies in SEVA_VAR_DIR and is neither key, nor store of a setting, nor passing: names
        relative to the folder, in order."""
        stores = [store.file.resolve() for store in self.stores if store.engine == "sqlite"]
        names = {path.name for path in stores}
        for name, path in walk(self.var):
            top, base = name.split("/")[0], path.name
            if top in _LEFT_OUT or _PASSING.search(base) or is_key(name):
                continue
            if (found := _BESIDE.match(base)) and path.with_name(found[1]).exists():
                continue  # of SQLite, whose file must not be opened here: see `is_sqlite`
            if base not in names or path.resolve() not in stores:
                yield name, path

    def locks(self) -> list[Path]:
        """Files that whoever changes a folder holds locked. In the order of their names, which is
        that of those who take two: the keys' lock before the log's."""
        return [path for _, path in walk(self.var) if path.name in ("lock", ".lock")]


def walk(folder: Path) -> Iterator[tuple[str, Path]]:
    """All files below, links followed, sorted by their name relative to the folder."""
    found, todo = [], [("", str(folder))]
    while todo:
        before, here = todo.pop()
        with suppress(FileNotFoundError), os.scandir(here) as entries:
            for entry in entries:
                if entry.is_dir():
                    todo.append((f"{before}{entry.name}/", entry.path))
                elif entry.is_file():
                    found.append((before + entry.name, Path(entry.path)))
    yield from sorted(found)


def is_key(name: str) -> bool:
    """Whether a file holds a key: `sealing.key`, `log.key`, a signing key, or a draft of one."""
    return name == VARIABLES_FILE or bool(_KEY.search(name.rpartition("/")[2]))


def is_sqlite(path: Path) -> bool:
    """Whether the file is a database of SQLite; an empty one is none.

    Never of one that this process has open: to close it once more would end the locks of all its
    connections (https://sqlite.org/howtocorrupt.html, section 2.2).
    """
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False
