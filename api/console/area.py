"""An area of the console: a package with its pages, its words and its files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.routing import BaseRoute

if TYPE_CHECKING:
    from api.console.runtime import Console


@dataclass(frozen=True)
class Area:
    """What an area brings. `link`: where the navigation leads, for those who may `may`; its label
    is the word `link` of the area. Empty: the navigation does not name it. `prepare` begins what
    its first page would wait for; a console that is served calls it at its start."""

    folder: Path
    routes: Sequence[BaseRoute]
    link: str = ""
    may: str = ""
    prepare: Callable[[Console], object] | None = None

    @property
    def name(self) -> str:
        """The package's name, before the keys of its words and in the path of its files."""
        return self.folder.name

    @property
    def words(self) -> Path:
        """Its words."""
        return self.folder / "words.yml"

    @property
    def templates(self) -> Path:
        """Its templates lie in a folder of the area's name in there."""
        return self.folder / "templates"

    @property
    def static(self) -> Path:
        """Scripts and styles, where it has some."""
        return self.folder / "static"
