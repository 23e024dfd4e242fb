"""The keys of a deployment, which go another way than its data: a file of their own.

Who finds one of the two files learns nothing. Keys are told apart by names that say nothing about
them, so a backup can say which keys open it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any

from nlu.backup.encryption import decrypt_bytes, encrypt_bytes
from nlu.backup.errors import BackupError
from nlu.backup.places import VARIABLES_FILE, is_key, walk
from nlu.settings.groups import IssuedDocuments, Keys
from nlu.settings.process import variable
from nlu.storage.keys import HASHING_FILE, KEY_FILE, key_name
from nlu.storage.private_file import put_private

_DOCUMENTS = f"documents/{KEY_FILE}"
_FIELDS: Mapping[str, str] = {
    KEY_FILE: "sealing_key",
    HASHING_FILE: "hashing_key",
    _DOCUMENTS: "documents_sealing_key",
}
"""Settings that stand for a file below SEVA_VAR_DIR."""


@dataclass(frozen=True)
class KeySet:
    """All keys: the contents of files by their name below SEVA_VAR_DIR, and those of variables."""

    files: Mapping[str, str]
    variables: Mapping[str, str]
    made_at: str
    seva: str

    @classmethod
    def of_environment(cls, var: Path) -> KeySet:
        """Raises BackupError where there is none, WrongEnvironment."""
        files = {name: path.read_text("utf-8") for name, path in key_files(var).items()}
        variables = {variable(_FIELDS[name]): value for name, value in _given().items()}
        if not files and not variables:
            raise BackupError(f"{var}: there are no keys; see SEVA_VAR_DIR")
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        return cls(files, variables, now, version("seva"))

    @property
    def count(self) -> int:
        """Files and variables."""
        return len(self.files) + len(self.variables)


def key_files(var: Path) -> dict[str, Path]:
    """Files of keys below SEVA_VAR_DIR, without drafts of them."""
    return {
        name: path for name, path in walk(var) if is_key(name) and path.suffix in (".key", ".pem")
    }


def key_names(var: Path) -> dict[str, tuple[str, ...]]:
    """Of the keys that are in force, by file; a variable stands for its file. Raises
    WrongEnvironment."""
    texts = {name: path.read_text("utf-8") for name, path in key_files(var).items()}
    return {name: tuple(_names(name, text)) for name, text in sorted((texts | _given()).items())}


def missing(wanted: Mapping[str, Sequence[str]], var: Path) -> list[str]:
    """Files whose keys are not all here. Raises WrongEnvironment."""
    here = key_names(var)
    return [name for name, keys in wanted.items() if not set(keys) <= set(here.get(name, ()))]


def _names(file: str, text: str) -> Iterator[str]:
    if file in _FIELDS:
        for key in text.replace(",", " ").split():
            yield key_name(key)
    else:
        yield sha256(f"name:{text.strip()}".encode()).hexdigest()[:8]


def _given() -> dict[str, str]:
    values = {**Keys.read().dict(), **IssuedDocuments.read().dict()}
    return {file: str(values[field]) for file, field in _FIELDS.items() if values[field]}


def encode(keys: KeySet, recipients: Sequence[Any]) -> bytes:
    """Encrypted for recipients."""
    content = {"holds": "keys", "format": 1, **vars(keys)}
    return encrypt_bytes(json.dumps(content).encode(), recipients)


def decode(path: Path, identities: Sequence[Any]) -> KeySet:
    """Raises BackupError."""
    try:
        found = json.loads(decrypt_bytes(path, identities))
        if found["holds"] != "keys" or found["format"] != 1:
            raise BackupError(f"{path} holds no keys that this Seva can read")
        keys = KeySet(found["files"], found["variables"], found["made_at"], found["seva"])
    except (KeyError, TypeError, ValueError) as error:
        raise BackupError(f"{path} holds no keys of Seva") from error
    for name in keys.files:
        parts = PurePosixPath(name).parts
        if not is_key(name) or name.startswith("/") or ".." in parts:
            raise BackupError(f"{path} holds no keys of Seva")
    return keys


def put_back(keys: KeySet, var: Path) -> list[str]:
    """Writes the files that are not there; their names. Raises BackupError, before anything is
    written, where a file is there with another content."""
    wanted = dict(keys.files)
    if keys.variables:
        wanted[VARIABLES_FILE] = "".join(
            f"{name}={value}\n" for name, value in sorted(keys.variables.items())
        )
    for name, text in wanted.items():
        path = var / name
        if path.exists() and path.read_text("utf-8") != text:
            raise BackupError(f"{path} is there and differs: nothing was written; move it away")
    written = []
    for name, text in wanted.items():
        if not (var / name).exists():
            put_private(var / name, text.encode(), replace=False)
            written.append(name)
    return written
