"""Checks of the way to WhatsApp, and of times that must fit into each other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from api.whatsapp.policy import load_policy
from nlu.doctor import Deployment, Finding, NotLooked, check
from nlu.doctor.far_server import ask

_WRONG = {
    "name": ("its name is not found", "see the machine's DNS (`resolvectl`)"),
    "refused": ("it refuses the connection", "see the firewall and SEVA_WHATSAPP_BASE_URL"),
    "late": ("it does not answer in time", "see the firewall: port 443 outwards must be open"),
    "certificate": ("its certificate is not believed", "install ca-certificates; see proxies"),
    "tls": ("no TLS is spoken there", "see SEVA_WHATSAPP_BASE_URL, and proxies in between"),
    "forbidden": ("its name has no address", "see the machine's DNS (`resolvectl`)"),
}


@check(
    "whatsapp",
    "WhatsApp is reached, and the clock is right",
    "WhatsApp not reachable from here, its certificate not believed, a clock that is wrong",
    "worker",
)
def whatsapp(here: Deployment) -> Iterator[Finding]:
    """Without a credential: whether the token is good, WhatsApp says when something is sent."""
    if not here.real:
        raise NotLooked("SEVA_WHATSAPP_BASE_URL is the simulator's")
    told = asyncio.run(ask(here.settings.whatsapp_base_url, here.limits.department_seconds))
    if told.trouble:
        what, mend = _WRONG[told.trouble]
        yield Finding(
            "critical",
            f"WhatsApp is not reached: {what}",
            "no reply goes out; they wait and are sent when it is back",
            mend,
        )
    if told.ahead is not None and abs(told.ahead) > here.limits.clock_seconds:
        yield Finding(
            "critical",
            f"this machine's clock is {-told.ahead:+.0f} s from WhatsApp's",
            "messages are taken for too old or too new, and signed calls are refused",
            "switch the synchronisation of time on: `timedatectl set-ntp true`",
        )


@check(
    "turn-times",
    "an action ends before its turn does",
    "`SEVA_ACTION_SECONDS` as long as `turn_seconds`, so that a slow department ends in a dead "
    "letter",
    "worker",
)
def turn_times(here: Deployment) -> Iterator[Finding]:
    """An action that is late is told to the citizen; a turn that is late is given up."""
    try:
        turn = load_policy(here.words / "whatsapp.yml").turn_seconds
    except (OSError, ValueError):
        raise NotLooked("whatsapp.yml of the catalogue in use cannot be read") from None
    if here.settings.action_seconds >= turn:
        yield Finding(
            "trouble",
            f"SEVA_ACTION_SECONDS is {here.settings.action_seconds:g}, a turn has {turn:g} s",
            "a slow department makes a dead letter of the message, instead of a word that it waits",
            f"set SEVA_ACTION_SECONDS below {turn:g}; 40 is the default",
        )
