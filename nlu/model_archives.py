"""Where packed releases lie that several machines share: a folder, or a bucket of S3 or of what
speaks like it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

_S3 = "s3"


class ArchivesAway(OSError):
    """The store does not answer, or has no such archive. The message says which store."""


class Archives(Protocol):
    """A store of files by name. What is in it is believed only by its hash."""

    def put(self, name: str, file: Path) -> None:
        """Keeps a copy under this name, whole or not at all. Raises ArchivesAway."""

    def get(self, name: str, to: Path) -> None:
        """Writes the file to `to`. Raises ArchivesAway."""


class FolderArchives:
    """A folder that all machines have mounted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, file: Path) -> None:
        """See `Archives`."""
        draft = self._folder / f".{name}-{os.getpid()}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, draft)
            with open(draft, "rb") as written:
                os.fsync(written.fileno())
            os.replace(draft, self._folder / name)
        except OSError as error:
            raise ArchivesAway(f"{self._folder}: {error.strerror}") from error
        finally:
            draft.unlink(missing_ok=True)

    def get(self, name: str, to: Path) -> None:
        """See `Archives`."""
        try:
            shutil.copyfile(self._folder / name, to)
        except OSError as error:
            raise ArchivesAway(f"{self._folder / name}: {error.strerror}") from error


class S3Archives:
    """A bucket. Address, region and keys are those of the AWS tools (`AWS_ENDPOINT_URL`,
    `AWS_ACCESS_KEY_ID`, ... or the machine's role)."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket, self._prefix = bucket, prefix.strip("/")

    def put(self, name: str, file: Path) -> None:
        """See `Archives`."""
        self._ask(lambda s3: s3.upload_file(str(file), self._bucket, self._key(name)))

    def get(self, name: str, to: Path) -> None:
        """See `Archives`."""
        self._ask(lambda s3: s3.download_file(self._bucket, self._key(name), str(to)))

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name

    def _ask(self, ask: Any) -> None:
        # It takes a third of a second to load, and most deployments have no bucket.
        import boto3
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            ask(boto3.client(_S3))
        except (Boto3Error, BotoCoreError, ClientError) as error:
            where = f"{_S3}://{self._bucket}/{self._prefix}"
            raise ArchivesAway(f"{where}: {error}; see SEVA_MODELS_STORE") from error


def open_archives(where: str) -> Archives:
    """The store of `SEVA_MODELS_STORE`: a folder, or `s3://BUCKET/PREFIX`."""
    parts = urlsplit(where)
    if parts.scheme == _S3:
        return S3Archives(parts.netloc, parts.path)
    return FolderArchives(Path(where))
