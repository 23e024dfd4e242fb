"""Checks of the environment: what stops a start, and what starts and then works as nobody meant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from nlu.doctor.check import Finding, NotLooked, check
from nlu.doctor.deployment import Deployment
from nlu.doctor.machine import Running
from nlu.settings import PROCESSES, Settings, WrongEnvironment, read_settings
from nlu.settings.groups import DEMO_APP_SECRET, WhatsAppNumber
from nlu.settings.process import Fault, variable
from nlu.settings.types import split_list

_SHARED = (
    *("env", "sealing_key", "hashing_key", "documents_sealing_key", "notices_key"),
    *("actions_secret", "action_server_url", "internal_port", "whatsapp_phone_number_id"),
    *("whatsapp_app_secret", "log_key"),
)
"""What processes must agree on, or what an operator changes and then forgets to start anew."""
_URL = "sqlite:///"


@check(
    "settings",
    "every process finds its environment in order",
    "a misspelt name, a value without its form, a demo's secret or plain http in production",
)
def settings(here: Deployment) -> Iterator[Finding]:
    """What a start would refuse, of all roles at once."""
    faults: dict[Fault, list[str]] = {}
    for role in here.roles:
        try:
            read_settings(PROCESSES[role], here.environ)
        except WrongEnvironment as error:
            for fault in error.faults:
                faults.setdefault(fault, []).append(f"`seva {role}`")
    for fault, roles in faults.items():
        verb = "does" if len(roles) == 1 else "do"
        yield Finding(
            "critical",
            f"{fault.variable}: {fault.wrong}",
            f"{', '.join(roles)} {verb} not start with it",
            fault.mend,
        )


@check(
    "demo-mode",
    "it is said whether this is a demo",
    "`SEVA_ENV` is not `production` although WhatsApp is not the simulator",
)
def demo_mode(here: Deployment) -> Iterator[Finding]:
    """Without it nothing refuses public secrets."""
    if here.real and not here.production:
        yield Finding(
            "critical",
            "SEVA_ENV is not production, although SEVA_WHATSAPP_BASE_URL is not the simulator's",
            "secrets that everybody knows and plain http are accepted for real citizens",
            "set SEVA_ENV=production; every process then says what it lacks",
        )


@check(
    "whatsapp-number",
    "the number that citizens write to is set",
    "an app secret of one's own beside the demo's phone number id, or an id that is none",
    "serve",
)
def whatsapp_number(here: Deployment) -> Iterator[Finding]:
    """Deliveries for another number are dropped, and WhatsApp gets its 200 all the same."""
    number = here.settings.whatsapp_phone_number_id
    default = WhatsAppNumber.__fields__["whatsapp_phone_number_id"].default
    own_secret = here.settings.whatsapp_app_secret not in ("", DEMO_APP_SECRET)
    if own_secret and number in ("", default) and not here.production:  # else: `settings`
        yield Finding(
            "critical",
            "SEVA_WHATSAPP_PHONE_NUMBER_ID is not set, although SEVA_WHATSAPP_APP_SECRET is",
            "every message is taken for another number's and dropped (`seva_refused`)",
            "set it to the phone number id that Meta's dashboard shows",
        )
    elif number and not number.isdecimal():
        yield Finding(
            "critical",
            "SEVA_WHATSAPP_PHONE_NUMBER_ID has other signs than digits",
            "deliveries name the id of the number, so every message is dropped (`seva_refused`)",
            "set the id from Meta's dashboard, not the number itself",
        )


@check(
    "news",
    "news for citizens have a way out",
    "`SEVA_INTERNAL_PORT` is 0, so late answers, receipts and officers' words are never told",
    "actions",
)
def news(here: Deployment) -> Iterator[Finding]:
    """The listener that takes them may be switched off."""
    if not here.settings.internal_port and not here.settings.notices_url:
        yield Finding(
            "trouble",
            "SEVA_INTERNAL_PORT is 0 and SEVA_NOTICES_URL is not set",
            "late answers of departments, receipts and refunds never reach a citizen",
            "give `seva serve` an internal port, or name another one's in SEVA_NOTICES_URL",
        )


@check(
    "document-host",
    "documents that are issued here can be sent",
    "the host of `SEVA_DOCUMENTS_URL` is not among `SEVA_DOCUMENT_HOSTS`",
    "worker",
)
def document_host(here: Deployment) -> Iterator[Finding]:
    """The worker fetches documents from named hosts only."""
    given = here.environ.get("SEVA_DOCUMENTS_URL")
    if not given or "SEVA_DOCUMENTS_URL" in here.malformed:
        raise NotLooked("SEVA_DOCUMENTS_URL is not set here; `seva actions` reads it")
    host = urlsplit(given).hostname or ""
    if host not in {one.lower() for one in split_list(here.settings.document_hosts)}:
        yield Finding(
            "trouble",
            f"{host} of SEVA_DOCUMENTS_URL is not in SEVA_DOCUMENT_HOSTS",
            "certificates and receipts that Seva issues are never sent to a phone",
            f"add {host} to SEVA_DOCUMENT_HOSTS of `seva worker`",
        )


@check(
    "same-environment",
    "what runs was started with the environment of now",
    "a process runs with another folder, database, key or secret than is set here",
)
def same_environment(here: Deployment) -> Iterator[Finding]:
    """A changed file of variables is read at the next start, and not by all at once."""
    if not here.running:
        raise NotLooked("no process of Seva runs that this user may look at")
    if not here.ours():
        yield Finding(
            "notice",
            f"{here.var} is nobody's, although processes of Seva run on this machine",
            "the doctor may be looking at another deployment than you mean",
            "run it with the environment of the processes (docs/running.md)",
        )
    for one in here.strangers_to_folder():
        yield Finding(
            "trouble",
            f"{one} keeps its files in another SEVA_VAR_DIR",
            "what one process puts into its inbox the others never see: nothing is answered",
            "start all with one SEVA_VAR_DIR, an absolute path; or look from its environment",
        )
    for one in here.ours():
        different = sorted(_different(here, one))
        if different:
            yield Finding(
                "trouble",
                f"{one} runs with another {', '.join(different)} than is set here",
                "a key, a secret or an address that processes do not share parts them",
                "start it again, or run the doctor with the environment of the processes",
            )


def _different(here: Deployment, one: Running) -> Iterator[str]:
    values, _ = Settings.values(one.environ)
    fields = PROCESSES[one.role].__fields__  # type: ignore[index]
    for name in _SHARED:
        if name in fields and name in values and values[name] != getattr(here.settings, name):
            yield variable(name)
    if "database_url" in fields and "database_url" in values:
        theirs = one.folder / str(values["database_url"]).removeprefix(_URL)
        ours = Path(here.settings.database_url.removeprefix(_URL))
        if theirs.resolve() != ours.resolve():
            yield variable("database_url")
    for name in ("SEVA_MODELS_DIR", "SEVA_DATA_DIR"):
        theirs_named, named = one.environ.get(name), here.environ.get(name)
        if (bool(theirs_named) != bool(named) and name == "SEVA_DATA_DIR") or (
            theirs_named
            and named
            and (one.folder / theirs_named).resolve() != (Path(named).resolve())
        ):
            yield name
