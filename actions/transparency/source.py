"""Where the public files of a log are read from: a folder, or HTTP and nothing more."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import httpx

from actions.transparency.folder import LogFolder

_TIMEOUT = httpx.Timeout(10)
_LONGEST_FILE = 256 * (2 + 0xFFFF)  # bytes: a bundle of the longest entries


class Unreachable(Exception):
    """The source gives no answer, or none that can be used; it may later."""


class Source(Protocol):
    """Files by the names that C2SP tlog-tiles gives them."""

    def get(self, name: str) -> bytes | None:
        """The file, None where there is none. Raises Unreachable."""
        ...


class FolderSource:
    """A folder of public files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> bytes | None:
        """As in `Source`."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unreachable(str(error)) from error


class HttpSource:
    """Files below a URL."""

    def __init__(self, url: str, client: httpx.Client | None = None) -> None:
        self._url = url.rstrip("/")
        self._client = client or httpx.Client(timeout=_TIMEOUT, follow_redirects=False)

    def get(self, name: str) -> bytes | None:
        """As in `Source`."""
        url = f"{self._url}/{name}"
        try:
            with self._client.stream("GET", url) as answer:
                if answer.status_code == 404:
                    return None
                if answer.status_code != 200:
                    raise Unreachable(f"{url} answered {answer.status_code}")
                data = b""
                for chunk in answer.iter_bytes():
                    data += chunk
                    if len(data) > _LONGEST_FILE:
                        raise Unreachable(f"{url} is too long")
                return data
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"{url}: {error or type(error).__name__}") from error


def source_at(where: str) -> Source:
    """The log at a URL, or in a folder: that of the log itself or a copy of its public files."""
    if where.startswith(("http://", "https://")):
        return HttpSource(where)
    public = LogFolder(Path(where)).public
    return FolderSource(public if public.is_dir() else Path(where))
