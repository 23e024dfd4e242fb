"""The addresses that `seva serve` answers."""

from __future__ import annotations

VERSION_PREFIX = "/v1"


def versions(path: str) -> tuple[str, str]:
    """A path under the version of the contract, and as it was before there were versions."""
    return VERSION_PREFIX + path, path
