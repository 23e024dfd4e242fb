"""Where a department's calls and documents may go, by its YAML."""

from __future__ import annotations

import httpx

from actions.departments.definition import Egress
from nlu.web.egress import Reach


def reach_of(policy: Egress) -> Reach:
    """What of this machine and its networks the department may be in."""
    return Reach(private=policy.allow_private, loopback=policy.allow_loopback)


def checked_base(base_url: str) -> httpx.URL:
    """The department's address. Raises ValueError where it cannot be called."""
    url = httpx.URL(base_url)
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("base_url must be an http(s) URL with a host")
    return url


def document_allowed(url: str, base: httpx.URL, policy: Egress) -> bool:
    """Whether a file to send along is on the department's own or a named host."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    known = parsed.host == base.host or parsed.host in policy.document_hosts
    return parsed.scheme in ("http", "https") and known
