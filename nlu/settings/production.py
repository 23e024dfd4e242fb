"""What a setting must be in production: nothing that everybody knows, nothing on this machine."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from pydantic.fields import ModelField

from nlu.settings.settings import DEMO_API_KEY
from nlu.settings.types import split_list

SHORTEST = 16
"""Characters of a secret that we choose ourselves."""
Wrong = tuple[str, str] | None
"""What is wrong, and what to do."""


def _own(value: str, field: ModelField) -> Wrong:
    if value and value != field.default:
        return None
    return ("is not set" if not value else "is the demo's, which everybody knows", "set your own")


def _secret(value: str, field: ModelField) -> Wrong:
    if field.default and field.default in split_list(value):
        return "is the demo's, which everybody knows", "set your own"
    if len(value) < SHORTEST and value and value != field.default:
        return f"has fewer than {SHORTEST} characters", "set a long random one"
    return _own(value, field)


def _set(value: str, _field: ModelField) -> Wrong:
    return None if value else ("is not set", "set a key, and keep it apart from the data")


def _https(value: str, field: ModelField) -> Wrong:
    if field.default and not value:  # nothing said means the demo's
        return "is not set", "use an https:// address"
    plain = [one for one in value.split() if urlsplit(one).scheme != "https"]
    return ("is plain http", "use an https:// address") if plain else None


def _outside(value: str, _field: ModelField) -> Wrong:
    here = [host for host in split_list(value) if is_here(host)]
    return ("names this machine", "name the hosts that serve documents") if here else None


def _off(value: bool, _field: ModelField) -> Wrong:
    return ("is on, for the sandbox", "set it to 0") if value else None


def _quiet(value: str, _field: ModelField) -> Wrong:
    return ("DEBUG may show what citizens write", "use INFO") if value.upper() == "DEBUG" else None


def _keys(value: str, _field: ModelField) -> Wrong:
    keys = split_list(value)
    if DEMO_API_KEY in keys:
        return "is the demo's, which everybody knows", "set your own, or leave it empty"
    if any(len(key) < SHORTEST for key in keys):
        return f"a key has fewer than {SHORTEST} characters", "set long random ones"
    return None


RULES: dict[str, Callable[[Any, ModelField], Wrong]] = {
    "own": _own,
    "secret": _secret,
    "set": _set,
    "https": _https,
    "outside": _outside,
    "off": _off,
    "quiet": _quiet,
    "keys": _keys,
}
"""What `production` of a field may say."""


def is_here(host: str) -> bool:
    """Whether a host is this machine by its name or address."""
    host = host.strip("[]").lower().rstrip(".")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        try:
            address = ipaddress.ip_address(socket.inet_aton(host))  # 127.1, as resolvers read it
        except OSError:
            return host.split(".")[-1] == "localhost"
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified
