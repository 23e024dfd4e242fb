"""Checks of the departments and gateways: can they be called, and for how long still."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from urllib.parse import urlsplit

from cryptography import x509

from actions.departments.credentials import ClientCertificate, ClientCredentials
from actions.departments.definition import (
    DefinitionError,
    DepartmentDefinition,
    load_departments,
)
from actions.departments.egress import reach_of
from actions.departments.tls import ssl_context
from actions.payments.gateways import load_gateways
from nlu.doctor import Deployment, Finding, NotLooked, check
from nlu.doctor.far_server import Told, ask

_MOST = 4
_OTHERS = 0o077
_DAY = 86400.0
_UNREACHED = {
    "name": ("its name is not found", "see the variable of its address, and the DNS"),
    "refused": ("it refuses the connection", "ask the department; see the firewall and its list"),
    "late": ("it does not answer in time", "ask the department; see the firewall and its list"),
    "certificate": (
        "its certificate is not believed: expired, another name, or an unknown authority",
        "the department renews it, or its `auth` names the authority (`ca`)",
    ),
    "tls": ("TLS fails", "see the scheme of its address, and its client certificate"),
    "forbidden": (
        "its address is on this machine or in a private network, which its file does not allow",
        "set the department's own address, or `allow_private: true` in its file",
    ),
}
Known = Mapping[str, DepartmentDefinition]
Answers = Mapping[str, tuple[Sequence[str], Told]]
"""By address: whose it is, and what it tells."""


@check(
    "department-files",
    "the files of departments and gateways can be used",
    "an operation or credential that cannot be read, a client certificate that does not fit",
    "actions",
)
def department_files(here: Deployment) -> Iterator[Finding]:
    """The action server refuses to start with them."""
    for name, load in (("departments", load_departments), ("gateways", load_gateways)):
        try:
            load(here.words / name, here.environ)
        except (DefinitionError, OSError, ValueError) as error:
            first = str(error).splitlines()[0] if isinstance(error, DefinitionError) else ""
            yield Finding(
                "critical",
                f"{name}: {first or 'their files cannot be read'}",
                "`seva actions` does not start, and every message waits",
                "`seva check` says what is wrong in files; docs/settings.md has the variables",
            )


@check(
    "departments",
    "departments and gateways can be reached",
    "an address that is not found, refused, late, not believed, or not allowed to be called",
    "actions",
)
def departments(here: Deployment) -> Iterator[Finding]:
    """All at once, each address once, without a credential."""
    for at, (names, told) in _told(here).items():
        if not told.trouble:
            continue
        what, mend = _UNREACHED[told.trouble]
        yield Finding(
            "trouble",
            f"{_several(names)} at {at}: {what}",
            "their citizens read that the server does not answer, and drafts are kept",
            mend if _is_far(at) else f"{mend}; for a demo: `seva sandbox`",
        )


@check(
    "department-certificates",
    "certificates of departments are valid for a while",
    "a certificate of a department that soon expires",
    "actions",
)
def department_certificates(here: Deployment) -> Iterator[Finding]:
    """One that has expired is a trouble of `departments`."""
    shown = {at: (names, one) for at, (names, one) in _told(here).items() if one.expires}
    if not shown:
        raise NotLooked("no department showed a certificate")
    for at, (names, told) in shown.items():
        left = told.days_left()
        if left is not None and left < here.limits.certificate_days:
            yield Finding(
                "trouble",
                f"the certificate of {_several(names)} at {at} expires in {left:.0f} days",
                "from then on none of their services works",
                "ask the department to renew it now",
            )


@check(
    "department-clocks",
    "departments have the same time",
    "a clock, ours or a department's, that is wrong by its answers",
    "actions",
)
def department_clocks(here: Deployment) -> Iterator[Finding]:
    """Signed requests and callbacks carry the time, and are refused when it is another."""
    told = {at: (names, one) for at, (names, one) in _told(here).items() if one.ahead is not None}
    if not told:
        raise NotLooked("no department told its time")
    for at, (names, one) in told.items():
        if one.ahead is not None and abs(one.ahead) > here.limits.clock_seconds:
            yield Finding(
                "trouble",
                f"the clock of {_several(names)} at {at} is {one.ahead:+.0f} s from ours",
                "signed requests and callbacks are refused as too old or too new",
                "see that our time is synchronised (`timedatectl`); if so, tell the department",
            )


@check(
    "client-certificates",
    "our own certificates are valid and private",
    "a client certificate that expired or soon will, or whose key others can read",
    "actions",
)
def client_certificates(here: Deployment) -> Iterator[Finding]:
    """For departments that ask who calls (mutual TLS)."""
    found = [(name, one.auth.certificate) for name, one in _known(here).items()]
    shown = [(name, one) for name, one in found if one is not None]
    if not shown:
        raise NotLooked("no department asks for a client certificate")
    for name, certificate in shown:
        yield from _of_certificate(name, certificate, here)


def _of_certificate(name: str, shown: ClientCertificate, here: Deployment) -> Iterator[Finding]:
    content = x509.load_pem_x509_certificate(shown.certificate.read_bytes())
    left = (content.not_valid_after_utc.timestamp() - time.time()) / _DAY
    if left < here.limits.certificate_days:
        yield Finding(
            "critical" if left <= 0 else "trouble",
            f"our certificate for {name} ({shown.certificate}) "
            + ("has expired" if left <= 0 else f"expires in {left:.0f} days"),
            "the department refuses our calls without it",
            "ask the department for a new one",
        )
    if shown.key.stat().st_mode & _OTHERS:
        yield Finding(
            "critical",
            f"others on this machine can read {shown.key}",
            f"whoever has it can call {name} in our name",
            f"chmod 600 {shown.key}",
        )


@check(
    "callbacks",
    "departments can tell us of changes",
    "`SEVA_CALLBACKS_PORT` is 0 although departments or gateways call back",
    "actions",
)
def callbacks(here: Deployment) -> Iterator[Finding]:
    """Nothing fails: citizens are just never told."""
    who = sorted(name for name, one in _known(here).items() if one.callbacks is not None)
    if who and not here.settings.callbacks_port:
        yield Finding(
            "trouble",
            f"SEVA_CALLBACKS_PORT is 0, although {_several(who)} call back",
            "citizens are not told that a grievance was closed or money has arrived",
            "set the port, and lead /callbacks to it through the proxy that ends TLS",
        )


def _known(here: Deployment) -> Known:
    """Departments and gateways by id. Raises NotLooked where their files cannot be used."""

    def read() -> Known:
        gateways = load_gateways(here.words / "gateways", here.environ)
        return {
            **load_departments(here.words / "departments", here.environ),
            **{f"{name} (gateway)": one for name, one in gateways.items()},
        }

    try:
        return here.once("department files", read)
    except (DefinitionError, OSError, ValueError):
        raise NotLooked("the files of departments cannot be used") from None


def _told(here: Deployment) -> Answers:
    """What each address tells, and whose it is; asked once for all checks."""

    def found() -> Answers:
        return asyncio.run(_ask_all(_known(here), here.limits.department_seconds))

    return here.once("departments", found)


async def _ask_all(known: Known, seconds: float) -> Answers:
    of_address: dict[str, list[tuple[str, str, DepartmentDefinition]]] = {}
    for name, one in known.items():
        for url in (one.base_url, *_token_url(one)):
            of_address.setdefault(_address(url), []).append((name, url, one))
    told = await asyncio.gather(
        *(_ask_one(whose[0][1], whose[0][2], seconds) for whose in of_address.values())
    )
    return {
        at: (list(dict.fromkeys(name for name, _, _ in whose)), one)
        for (at, whose), one in zip(of_address.items(), told)
    }


async def _ask_one(url: str, one: DepartmentDefinition, seconds: float) -> Told:
    tls: partial[ssl.SSLContext] = partial(ssl_context, one.auth.certificate)
    return await ask(url, seconds, tls, reach_of(one.egress).includes)


def _token_url(one: DepartmentDefinition) -> Sequence[str]:
    scheme = one.auth.scheme
    return [scheme.token_url] if isinstance(scheme, ClientCredentials) else []


def _address(url: str) -> str:
    """Without path and credentials: only this is printed."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that is none"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _is_far(at: str) -> bool:
    return not at.startswith(("http://127.0.0.1", "http://localhost", "http://[::1]"))


def _several(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more
