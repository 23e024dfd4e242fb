"""The environment of a process, checked at its start: all that is wrong, at once.

In every environment a value must have its form, and every `SEVA_` variable must be one that
somebody reads: a misspelt name would leave a default in force. With `SEVA_ENV=production` nothing
of the demo is left either: public secrets, plain http, departments on this machine.
"""

from __future__ import annotations

import difflib
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from nlu.action_address import ActionAddress
from nlu.registry import live_release
from nlu.settings.api_keys_file import read_keys_file
from nlu.settings.department_variables import Variable, department_variables
from nlu.settings.process import PREFIX, Fault, ProcessSettings, WrongEnvironment, variable
from nlu.settings.production import RULES, SHORTEST, is_here
from nlu.settings.settings import PROCESSES, TOOLS, Role, Settings
from nlu.settings.types import is_address
from nlu.trace.export import ENDPOINTS

SIMULATED = ("sandbox", "simulator", "demo")
"""Roles that stand in for somebody else, with secrets that everybody knows."""
P = TypeVar("P", bound=ProcessSettings)
_TRUTHS = ("true", "false", "1", "0", "yes", "no")
_NEAR = 0.6


def read_settings(kind: type[P], environ: Mapping[str, str] | None = None) -> P:
    """The settings of a process that starts now. Raises WrongEnvironment.

    A value without its form is refused even where another process reads it.
    """
    given = os.environ if environ is None else environ
    role = next(role for role, of_role in PROCESSES.items() if of_role is kind)
    values, faults = Settings.values(given)
    variables = department_variables(_words(role, values))
    faults += _unknown(given, {one.name for one in variables})
    faults += _folders(values)
    faults += _collector(given)
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
        of_fields = {variable(name) for name in Settings.__fields__}
        for one in variables:
            if one.name not in of_fields:
                faults += _department(one, given, production)
    if faults:
        raise WrongEnvironment(sorted(set(faults)))
    return kind.construct(**{name: values[name] for name in kind.__fields__})


def _words(role: Role, values: Mapping[str, Any]) -> Path:
    """The folder whose departments a process of that role will call."""
    if role in ("serve", "worker", "actions"):
        with suppress(FileNotFoundError, ValueError):  # which the process itself tells of
            return live_release(values.get("models_dir", Path("models")), needs_model=False).data
    return Path(values.get("data_dir", "data"))


def _unknown(given: Mapping[str, str], of_departments: set[str]) -> Iterator[Fault]:
    known = {variable(name) for name in Settings.__fields__} | of_departments | set(TOOLS)
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


def _collector(given: Mapping[str, str]) -> Iterator[Fault]:
    """Where spans go; OpenTelemetry itself would say so at the first span only."""
    for name in ENDPOINTS:
        value = given.get(name, "").strip()
        if value and not is_address(value):
            yield Fault(name, "is no http:// or https:// address", "set the collector's")


def _keys_file(path: Path) -> Iterator[Fault]:
    try:
        read_keys_file(path)
    except (OSError, ValueError) as error:
        for line in str(error).splitlines():
            yield Fault("SEVA_API_KEYS_FILE", line, "see docs/api.md")


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
    for name, field in PROCESSES[role].__fields__.items():
        extra = field.field_info.extra
        rule = extra.get("production")
        if rule and role in extra.get("roles", (role,)) and name in values:
            wrong = RULES[rule](values[name], field)
            if wrong:
                yield Fault(variable(name), *wrong)
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
