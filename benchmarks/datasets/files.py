"""The files of a data set: there, or an error that says which is not and what to do."""

from __future__ import annotations

from pathlib import Path


class MissingData(Exception):
    """A file that a benchmark needs is not there; the message says which and what to do."""


def required(folder: Path, name: str, source: str) -> Path:
    """`folder / name`. Raises MissingData, naming `source`: where to get the file from."""
    path = folder / name
    if not path.is_file():
        raise MissingData(
            f"{path} is missing. Give --data the folder that holds {name}; "
            f"the data set is not part of this repository, get it from {source}."
        )
    return path


def first_split(folder: Path, pattern: str, splits: tuple[str, ...], source: str) -> str:
    """The first of `splits` whose file exists; `pattern` has a place for it, like `{}.tsv`.

    Raises MissingData for the last of them if none is there.
    """
    for split in splits:
        if (folder / pattern.format(split)).is_file():
            return split
    required(folder, pattern.format(splits[-1]), source)
    raise AssertionError("unreachable")
