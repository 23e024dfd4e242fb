"""The environment of a process, checked at its start: all that is wrong, at once.

In every environment a value must have its form, and every `SEVA_` variable must be one that
somebody reads: a misspelt name would leave a default in force. With `SEVA_ENV=production` nothing
of the demo is left either: public secrets, plain http, departments on this machine.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import socket
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import validate_model
from pydantic.fields import ModelField

from nlu.action_address import ActionAddress
from nlu.registry import live_release
from nlu.settings.api_keys_file import read_keys_file
from nlu.settings.department_variables import Variable, department_variables
from nlu.settings.settings import DEMO_API_KEY, TOOLS, Settings
from nlu.settings.types import is_address, split_list

Role = Literal["serve", "worker", "actions", "documents", "sandbox", "simulator", "demo"]
SIMULATED = ("sandbox", "simulator", "demo")
"""Roles that stand in for somebody else, with secrets that everybody knows."""
PREFIX = "SEVA_"
SHORTEST = 16
"""Characters of a secret that we choose ourselves."""
_TRUTHS = ("true", "false", "1", "0", "yes", "no")
_NEAR = 0.6


@dataclass(frozen=True, order=True)
class Fault:
    """One variable, what is wrong with it, and what to do. Never its value: it may be a secret."""

    variable: str
    wrong: str
    mend: str

    def __str__(self) -> str:
        return f"{self.variable}: {self.wrong}; {self.mend}"


class WrongEnvironment(ValueError):
    """A process may not start; the message has one line for each fault."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


def read_settings(role: Role, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of a process that starts now. Raises WrongEnvironment."""
    given = os.environ if environ is None else environ
    values, faults = _values(given)
    variables = department_variables(_words(role, values))
    faults += _unknown(given, {one.name for one in variables})
    faults += _folders(values)
    if role in ("worker", "actions"):
        faults += _action_server(values)
    if role == "serve" and values.get("api_keys_file"):
        faults += _keys_file(Path(values["api_keys_file"]))
    production = values.get("env") == "production"
    if production and role in SIMULATED:
        faults.append(
            Fault("SEVA_ENV", f"`seva {role}` never runs in production", "start it elsewhere")
        )
    elif production:
        faults += _production(role, values)
    if role == "actions":
        of_fields = {_variable(name) for name in Settings.__fields__}
        for variable in variables:
            if variable.name not in of_fields:
                faults += _department(variable, given, production)
    if faults:
        raise WrongEnvironment(sorted(set(faults)))
    return Settings.construct(**values)


def _words(role: Role, values: Mapping[str, Any]) -> Path:
    """The folder whose departments a process of that role will call."""
    if role in ("serve", "worker", "actions"):
        with suppress(FileNotFoundError, ValueError):  # which the process itself tells of
            return live_release(values.get("models_dir", Path("models")), needs_model=False).data
    return Path(values.get("data_dir", "data"))


def _values(given: Mapping[str, str]) -> tuple[dict[str, Any], list[Fault]]:
    """The fields that can be read, and a fault for each that cannot."""
    fields = Settings.__fields__
    text = {name: given[_variable(name)].strip() for name in fields if _variable(name) in given}
    values, _, error = validate_model(Settings, text)
    faults = []
    for one in error.errors() if error else ():
        name = str(one["loc"][0])
        meaning = fields[name].field_info.description or ""
        faults.append(Fault(_variable(name), one["msg"], f"it is: {meaning}"))
        values.pop(name, None)
    return values, faults


def _unknown(given: Mapping[str, str], of_departments: set[str]) -> Iterator[Fault]:
    known = {_variable(name) for name in Settings.__fields__} | of_departments | set(TOOLS)
    for name in given:
        if not name.upper().startswith(PREFIX) or name in known:
            continue
        near = difflib.get_close_matches(name.upper(), sorted(known), 1, _NEAR)
        mend = f"did you mean {near[0]}?" if near else "see docs/settings.md, or remove it"
        yield Fault(name, "nobody reads it", mend)


def _folders(values: Mapping[str, Any]) -> Iterator[Fault]:
    data, var = values.get("data_dir"), values.get("var_dir")
    if data is not None and not data.is_dir():
        yield Fault("SEVA_DATA_DIR", "no such folder", "name the folder of the service catalogue")
    if var is None:
        return
    there = next((path for path in (var, *var.absolute().parents) if path.exists()), Path("/"))
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield Fault("SEVA_VAR_DIR", "cannot be written to", "name a folder of this user's")
    elif (
        values.get("env") == "production"
        and there == var
        and stat.S_IMODE(var.stat().st_mode) & 0o077
    ):
        yield Fault("SEVA_VAR_DIR", "others on this machine can read it", "chmod 700 it")


def _keys_file(path: Path) -> Iterator[Fault]:
    try:
        read_keys_file(path)
    except (OSError, ValueError) as error:
        yield Fault("SEVA_API_KEYS_FILE", str(error), "see docs/api.md")


def _action_server(values: Mapping[str, Any]) -> Iterator[Fault]:
    """Over TCP whoever reaches the port speaks for any citizen."""
    name = "SEVA_ACTION_SERVER_URL"
    try:
        address = ActionAddress.of(values["action_server_url"], Path())
    except ValueError:
        yield Fault(name, "is no address", "use unix, unix:///PATH or http://HOST:PORT")
        return
    if address.socket is not None:
        return
    secret, production = values["actions_secret"], values.get("env") == "production"
    if not secret or (production and len(secret) < SHORTEST):
        wrong = "is not set" if not secret else f"has fewer than {SHORTEST} characters"
        yield Fault("SEVA_ACTIONS_SECRET", wrong, "set a long random one, or use the socket")
    if production and not is_here(address.host):
        yield Fault(name, "is plain http to another machine", "use the socket, or loopback")


def _production(role: Role, values: Mapping[str, Any]) -> Iterator[Fault]:
    for name, field in Settings.__fields__.items():
        extra = field.field_info.extra
        rule, roles = extra.get("production"), extra.get("roles", (role,))
        if rule and role in roles and name in values:
            wrong = RULES[rule](values[name], field)
            if wrong:
                yield Fault(_variable(name), *wrong)
    if role == "actions":
        yield from _notices(values)
    if role == "serve" and not values.get("api_keys") and not values.get("api_keys_file"):
        yield Fault(
            "SEVA_API_KEYS_FILE", "there is no API key", "`seva api-keys new NAME` makes one"
        )


def _notices(values: Mapping[str, Any]) -> Iterator[Fault]:
    """News for citizens go there, with the key that lets one send them."""
    url, host = urlsplit(values.get("notices_url", "")), values.get("internal_host", "")
    name = "SEVA_NOTICES_URL" if url.netloc else "SEVA_INTERNAL_HOST"
    if url.scheme != "https" and not is_here(url.hostname or host):
        wrong = "is plain http to another machine"
        yield Fault(name, wrong, "set SEVA_NOTICES_URL to https://, or use loopback")


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


def _department(one: Variable, given: Mapping[str, str], production: bool) -> Iterator[Fault]:
    """A variable that a department's or gateway's file names."""
    value = given.get(one.name) or one.default
    if one.kind == "switch" and value.lower() not in _TRUTHS:
        yield Fault(one.name, "is neither true nor false", f"{one.owner}: set it to 1 or 0")
    if one.kind == "address" and not is_address(value):
        yield Fault(one.name, "is no http:// or https:// address", f"set {one.owner}'s")
    elif one.kind == "address" and production:
        host = urlsplit(value).hostname or ""
        if is_here(host):
            yield Fault(one.name, "is on this machine, as the sandbox is", f"set {one.owner}'s")
        elif urlsplit(value).scheme != "https":
            yield Fault(one.name, "is plain http", "use an https:// address")
    if one.kind == "secret" and production and value.strip() in ("", one.default):
        wrong = "is the sandbox's, which everybody knows" if value.strip() else "is not set"
        yield Fault(one.name, wrong, f"set {one.owner}'s")


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


def _variable(field: str) -> str:
    return PREFIX + field.upper()
