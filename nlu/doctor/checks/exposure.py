"""Checks of what is open to others: listeners on more than this machine, and keys that moved."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import suppress

from nlu.doctor.check import Finding, NotLooked, check
from nlu.doctor.deployment import Deployment
from nlu.settings.process import variable
from nlu.storage.keys import Place, read_keys

_INNER = {
    "internal_host": ("serve", "who reaches it can read metrics, and try keys for `/notices`"),
    "worker_metrics_host": ("worker", "who reaches it reads metrics and troubles"),
    "actions_metrics_host": ("actions", "who reaches it reads metrics of departments"),
}


@check(
    "inner-listeners",
    "inner listeners are for this machine or its network only",
    "metrics, news or the action server on all addresses of the machine, or on a public one",
)
def inner_listeners(here: Deployment) -> Iterator[Finding]:
    """0.0.0.0 means this machine where one calls, and everybody where one listens."""
    for field, (role, why) in _INNER.items():
        if role in here.roles and _is_open(getattr(here.settings, field)):
            yield Finding(
                "critical",
                f"{variable(field)} listens to everybody",
                why,
                "set it to 127.0.0.1, or to the address of an inner network",
            )
    server = here.action_server
    if "actions" in here.roles and server and not server.socket and _is_open(server.host):
        yield Finding(
            "critical",
            "SEVA_ACTION_SERVER_URL listens to everybody",
            "who reaches it and has the secret speaks for any citizen",
            "leave it empty, so that it is a socket, or name 127.0.0.1",
        )


@check(
    "plain-webhook",
    "the webhook is behind a proxy that ends TLS",
    "`seva serve` on all addresses of the machine, where it speaks plain http",
    "serve",
)
def plain_webhook(here: Deployment) -> Iterator[Finding]:
    """WhatsApp calls https only; what else comes in would be unprotected."""
    if here.real and _is_open(here.settings.serve_host):
        yield Finding(
            "trouble",
            "SEVA_SERVE_HOST listens to everybody, in plain http",
            "API keys and what clients ask go over the network for all to read",
            "set it to 127.0.0.1, and end TLS in a proxy in front (deploy/README.md)",
        )


@check(
    "hashing-key",
    "rows keep their names",
    "another key than before names the rows of citizens",
    *("worker", "actions"),
)
def hashing_key(here: Deployment) -> Iterator[Finding]:
    """Nothing is unreadable: rows are just not found any more."""
    place = here.keys
    beside = Place("", "", place.file)
    if not (place.given or place.given_hashing):
        raise NotLooked("the keys are in files alone")
    named, before = _hashing(place), _hashing(beside)
    if not named or not before:
        raise NotLooked("there is no key in a file to compare with")
    if named != before:
        yield Finding(
            "trouble",
            f"the key that names rows is another one than that of the files in {here.var}",
            "profiles and writes of before are not found: asked for again, and not deleted by "
            "`delete my data`",
            "set SEVA_HASHING_KEY to what hashing.key holds, else to the last line of sealing.key; "
            "if nothing was kept under the files' key, remove the files",
        )


def _hashing(place: Place) -> str:
    """The key that names rows; empty where there is none, or none that can be read."""
    if place.given or place.file.exists():
        with suppress(ValueError, OSError):
            return read_keys(place).hashing
    return ""


def _is_open(host: str) -> bool:
    """Whether a listener there takes connections from the internet."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return not host  # a name is looked up when it listens; nothing means everywhere
    return address.is_unspecified or address.is_global
