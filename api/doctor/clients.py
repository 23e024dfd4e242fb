"""Checks of the keys by which clients of the API are known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

from nlu.doctor import Deployment, Finding, NotLooked, check
from nlu.settings.api_keys_file import ApiKey, digest, read_keys_file

_OTHERS_WRITE = 0o022


@check(
    "api-keys",
    "the keys of clients are valid",
    "keys that expired or soon will, one key in two places, a key file that others can change",
    "serve",
)
def api_keys(here: Deployment) -> Iterator[Finding]:
    """A file that cannot be read is told by `settings`."""
    named = here.settings.api_keys_file
    if not named:
        raise NotLooked("SEVA_API_KEYS_FILE is not set")
    path = Path(named)
    try:
        keys = read_keys_file(path)
        mode = path.stat().st_mode
    except (OSError, ValueError):
        raise NotLooked("the file cannot be read") from None
    if mode & _OTHERS_WRITE:
        yield Finding(
            "critical",
            f"others on this machine can change {path}",
            "whoever writes an entry has a key of the API",
            f"chmod 644 {path}",
        )
    today = datetime.now(timezone.utc).date()
    for key in keys:
        yield from _expiry(key, (key.expires - today) if key.expires else None, here)
    elsewhere = {digest(one): "SEVA_API_KEYS" for one in here.key_names}
    if here.settings.notices_key:
        elsewhere[digest(here.settings.notices_key)] = "SEVA_NOTICES_KEY"
    for key in keys:
        if key.digest in elsewhere:
            yield Finding(
                "trouble",
                f"the key `{key.name}` of {path} is also in {elsewhere[key.digest]}",
                "the entry of the file counts: what the other one allows is refused",
                "make each a key of its own: `seva api-keys new`",
            )


def _expiry(key: ApiKey, left: timedelta | None, here: Deployment) -> Iterator[Finding]:
    if left is None:
        return
    if left.days <= 0:
        yield Finding(
            "trouble",
            f"the API key `{key.name}` expired on {key.expires}",
            "all calls of this client are refused with 401",
            "`seva api-keys new`, and give it to the client; or remove the entry",
        )
    elif left.days <= here.limits.key_days:
        yield Finding(
            "notice",
            f"the API key `{key.name}` expires in {left.days} days",
            "from then on all calls of this client are refused with 401",
            "make its next one now: `seva api-keys new`",
        )
