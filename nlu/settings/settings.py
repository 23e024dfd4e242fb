"""The settings of each process, one class for each; `docs/settings.md` is made from them.

Values that are knowledge about the domain or about WhatsApp (limits, error codes, waits) are data,
not settings: see `data/whatsapp.yml`. To add a setting, add a field to the class of the process
that reads it, or to a group of `nlu.settings.groups` where several do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from nlu.settings.groups import (
    ActionServer,
    CitizensZone,
    Engine,
    Hearing,
    IssuedDocuments,
    Keys,
    LogKey,
    News,
    Pages,
    ServeAddress,
    Shutdown,
    State,
    Stored,
    Tables,
    TraceReaders,
    Traces,
    WhatsAppCaller,
    WhatsAppWebhook,
)
from nlu.settings.process import ProcessSettings
from nlu.settings.types import Address, Addresses, Port, split_list

Role = Literal[
    "serve",
    "worker",
    "shadow",
    "actions",
    "documents",
    "sandbox",
    "simulator",
    "console",
    "demo",
]
Only = Literal["", "voice", "text"]
"""What a worker takes: voice notes, all but these, or (empty) everything."""
WEBHOOK_PATH = "/webhooks/whatsapp"
DEMO_API_KEY = "seva-demo-key"
_DAY = 86400.0

TOOLS = {
    "SEVA_BACKUP_IDENTITY": "Of `seva backup check` and `seva restore`: file with the secret key "
    "that opens backups (`docs/backup.md`).",
    "SEVA_BACKUP_RECIPIENTS": "Of `seva backup`: file of public keys that backups are encrypted "
    "for.",
    "SEVA_BOOTSTRAP_DIR": "Where `.ci/uv` keeps uv itself.",
    "SEVA_PAYMENT_EXAMPLES": "Random histories in the tests of payments.",
    "SEVA_SCREENSHOTS": "Folder for the pictures that browser tests take.",
    "SEVA_TEST_CHROMIUM": "The browser of the tests; else `chromium` on the path.",
    "SEVA_WHEEL": "`product`: `uv build --wheel` leaves demo and sandbox out.",
}
"""Variables that no process of Seva reads, but commands, its build and its tests."""


class ServeSettings(
    Traces, State, Engine, Hearing, WhatsAppWebhook, LogKey, ServeAddress, News, Shutdown
):
    """`seva serve`: webhook, `/parse`, and news for citizens."""

    api_keys: str = Field(
        default=DEMO_API_KEY,
        description="Keys for `/parse` and `/services`, comma separated. The default is public: "
        "set your own outside a demo.",
        production="keys",
    )
    api_keys_file: str = Field(
        default="",
        description="YAML file of keys with names, scopes, expiry and limits, see `docs/api.md`; "
        "it joins `SEVA_API_KEYS`.",
    )
    processes: int = Field(
        default=0,
        ge=0,
        description="Processes of `seva serve`, each with its own model; 0 means one per core.",
    )
    drain_seconds: float = Field(
        default=5,
        ge=0,
        description="How long `seva serve` goes on answering when it is asked to stop, while "
        "`/health/ready` says 503 so that a load balancer sends to another one; 0 stops at once.",
    )
    body_seconds: float = Field(
        default=10,
        gt=0,
        description="Longest silence in the middle of a request's body; then it gets 408.",
    )
    gzip_bytes: int = Field(
        default=4096,
        ge=0,
        description="Answers of so many bytes or more are compressed for clients that accept gzip; "
        "below that the network gains less than both ends lose.",
    )
    max_batch: int = Field(default=256, ge=1, description="Most texts in one `/parse/batch`.")
    conversation_audio_bytes: int = Field(
        default=4 * 1024 * 1024,
        ge=1,
        description="Largest recording in a message of `/v1/conversations`; it lies sealed in the "
        "database until it was heard.",
    )
    conversation_wait_seconds: float = Field(
        default=30,
        ge=0,
        description="Longest time that a request of `/v1/conversations` waits for replies "
        "(`Prefer: wait=`); shorter than any time-out of the proxy.",
    )
    conversation_waiting: int = Field(
        default=256,
        ge=0,
        description="Requests of `/v1/conversations` that wait at the same time in a process of "
        "`seva serve`; beyond that they are answered at once.",
    )
    hearing_waiting: int = Field(
        default=32,
        ge=0,
        description="Recordings that may wait to be heard in a process of `seva serve`; the next "
        "gets 503. A worker's recordings wait in the inbox.",
    )

    @property
    def keys(self) -> tuple[str, ...]:
        """API keys, each once."""
        return split_list(self.api_keys)


class WorkerSettings(
    Traces, CitizensZone, State, Engine, Hearing, WhatsAppCaller, LogKey, Shutdown
):
    """`seva worker`: hears, converses, sends."""

    whatsapp_base_url: Address = Field(
        default="http://127.0.0.1:8785",
        description="WhatsApp Cloud API: the simulator, or `https://graph.facebook.com`.",
        production="https",
    )
    whatsapp_media_hosts: str = Field(
        default="lookaside.fbsbx.com",
        description="Hosts, comma separated, that may receive the access token when media is "
        "downloaded; the host of `SEVA_WHATSAPP_BASE_URL` always may.",
    )
    whatsapp_messages_per_second: float = Field(
        default=80,
        gt=0,
        description="Throughput that WhatsApp grants to the number, for all workers on the same "
        "database together.",
    )
    document_hosts: str = Field(
        default="127.0.0.1,localhost",
        description="Hosts, comma separated, from which documents for citizens are fetched.",
        production="outside",
    )
    worker_metrics_host: str = Field(
        default="127.0.0.1", description="Address of the worker's metrics."
    )
    worker_metrics_port: Port = Field(
        default=8781, description="Port of the worker's metrics; 0 switches them off."
    )
    worker_only: Only = Field(
        default="",
        description="`voice`: this worker answers voice notes only; `text`: all but these, and "
        "hears nothing; empty: everything. Each sends replies of all; there must be workers for "
        "both.",
    )
    worker_concurrency: int = Field(
        default=8, ge=1, description="Citizens served at the same time."
    )
    hang_seconds: float = Field(
        default=30,
        gt=0,
        description="Seconds without a sign of a worker's event loop after which its "
        "`/health/live` says 503.",
    )
    spoken_replies: bool = Field(
        default=False,
        description="Whether a voice note is also answered by a voice note, for citizens who "
        "cannot read; needs `make voices`. The engines' licences are in `docs/voice.md`.",
    )


class ShadowSettings(State, Engine, Shutdown):
    """`seva shadow`: a candidate understands live messages beside the live model."""

    shadow_metrics_host: str = Field(
        default="127.0.0.1", description="Address of the metrics of `seva shadow`."
    )
    shadow_metrics_port: Port = Field(
        default=8786, description="Port of the metrics of `seva shadow`; 0 switches them off."
    )


class ActionsSettings(
    Traces, CitizensZone, Keys, Tables, ActionServer, News, IssuedDocuments, TraceReaders
):
    """`seva actions`: dialogue, departments, payments, and what is kept of citizens."""

    allow_loopback_departments: bool = Field(
        default=True,
        description="Whether departments may be reached on this machine, as the sandbox is; "
        "set to 0 in production.",
        production="off",
    )
    actions_metrics_host: str = Field(
        default="127.0.0.1", description="Address of the action server's metrics."
    )
    actions_metrics_port: Port = Field(
        default=8782, description="Port of the action server's metrics; 0 switches them off."
    )
    callbacks_host: str = Field(
        default="127.0.0.1",
        description="Address on which the action server takes callbacks; departments must reach "
        "it, through a proxy that ends TLS.",
    )
    callbacks_port: Port = Field(
        default=5056, description="Port of the callbacks; 0 switches them off."
    )
    notices_url: Address = Field(
        default="",
        description="Where the action server hands over news for citizens; empty means "
        "`http://SEVA_INTERNAL_HOST:SEVA_INTERNAL_PORT/notices`.",
    )
    settle_seconds: float = Field(
        default=2,
        gt=0,
        description="How often the action server looks for writes to ask after and answers to "
        "pass on.",
    )
    keep_writes_days: float = Field(
        default=90, gt=0, description="How long the journal keeps writes that are over."
    )
    keep_payments_days: float = Field(
        default=730, gt=0, description="How long the ledger keeps payments that are settled."
    )
    keep_profiles_days: float = Field(
        default=365,
        gt=0,
        description="How long a profile that is not used is kept, with the consent to it.",
    )
    keep_handovers_days: float = Field(
        default=90,
        gt=0,
        description="How long a request handed over to a person is kept once it was answered.",
    )
    keep_counts_days: float = Field(
        default=1100,
        gt=0,
        description="How long the counts of a day are kept that reports are made of; no citizen "
        "is in them.",
    )
    ask_if_right_percent: float = Field(
        default=2,
        ge=0,
        le=100,
        description="Percent of the requests after which a citizen is asked whether it was what "
        "they meant, at most once a month each (`docs/dialogue.md`); 0 asks nobody.",
    )

    @property
    def notices_address(self) -> str:
        """Where news for citizens are handed over."""
        inside = f"http://{self.internal_host}:{self.internal_port}/notices"
        return self.notices_url or inside

    def kept(self, what: Literal["writes", "payments", "profiles", "handovers", "counts"]) -> float:
        """For how many seconds they are kept once they are over."""
        return float(getattr(self, f"keep_{what}_days")) * _DAY


class DocumentsSettings(Stored, Pages, IssuedDocuments):
    """`seva documents serve`: the page that checks documents, and the log."""

    documents_host: str = Field(
        default="127.0.0.1", description="Address that `seva documents serve` listens on."
    )
    documents_port: Port = Field(default=8795, description="Port of `seva documents serve`.")
    witnesses: Addresses = Field(
        default="",
        description="Addresses of the log's witnesses, blanks between; `seva documents serve` asks "
        "them to sign.",
        production="https",
    )
    cosign_seconds: float = Field(
        default=60, gt=0, description="Seconds between two questions to the witnesses."
    )


class SandboxSettings(Stored, Pages, IssuedDocuments):
    """`seva sandbox`: departments and a payment gateway for demos."""

    sandbox_host: str = Field(
        default="127.0.0.1", description="Address of the sandbox departments."
    )
    sandbox_port: Port = Field(default=8790, description="Port of the sandbox departments.")
    sandbox_public_url: Address = Field(
        default="",
        description="Address of the sandbox in links that citizens get; empty means its own.",
    )
    sandbox_chat_url: Address = Field(
        default="https://wa.me/",
        description="Where the sandbox's payment page leads back to: the chat. The demo names the "
        "simulator's page.",
    )
    sandbox_department_callbacks: Address = Field(
        default="http://127.0.0.1:5056/callbacks",
        description="Where sandbox departments tell Seva of changes, each at a path of its own.",
    )
    sandbox_callback_url: Address = Field(
        default="http://127.0.0.1:5056/callbacks/payments/sandbox",
        description="Where the sandbox's payment gateway calls back: the port of the callbacks.",
    )
    sandbox_key: str = Field(
        default="sandbox-key", description="API key that the sandbox departments accept."
    )
    sandbox_sms_url: Address = Field(
        default="",
        description="Where the sandbox posts the SMS with one-time codes; the demo names the "
        "simulator's phones. Empty: they are on the sandbox's page only.",
    )
    sandbox_owners: str = Field(
        default="",
        description="YAML file of phones that are on record in the sandbox beside those of its "
        "seeds: number on record -> numbers.",
    )


class SimulatorSettings(WhatsAppCaller, WhatsAppWebhook, ServeAddress, Pages):
    """`seva simulator`: a WhatsApp for demos."""

    simulator_host: str = Field(
        default="127.0.0.1", description="Address of the WhatsApp simulator."
    )
    simulator_port: Port = Field(default=8785, description="Port of the WhatsApp simulator.")
    simulator_webhook_url: Address = Field(
        default="",
        description="Where the simulator delivers webhooks; empty means "
        "`/webhooks/whatsapp` at `SEVA_SERVE_HOST` and `SEVA_SERVE_PORT`.",
    )

    simulator_console_url: Address = Field(
        default="",
        description="Address of the console that the simulator's chat page links to; the demo "
        "names its own. Empty: no link.",
    )

    @property
    def simulated_webhook(self) -> str:
        """Where the simulator delivers to."""
        given, host = self.simulator_webhook_url, reached(self.serve_host)
        return given or f"http://{host}:{self.serve_port}{WEBHOOK_PATH}"

    @property
    def simulator_url(self) -> str:
        """Where the simulator is reached: the base of media URLs in webhooks."""
        return f"http://{reached(self.simulator_host)}:{self.simulator_port}"


class ConsoleSettings(CitizensZone, State, Engine, Pages):
    """`seva console`: pages for the data team, officers and auditors."""

    console_host: str = Field(
        default="127.0.0.1", description="Address that `seva console` listens on."
    )
    console_port: Port = Field(default=8792, description="Port of `seva console`.")
    console_url: Address = Field(
        default="",
        description="Address by which browsers reach the console, through a proxy that ends TLS. "
        "Empty means `http://SEVA_CONSOLE_HOST:SEVA_CONSOLE_PORT`, for this machine alone.",
        production="https",
    )
    console_name: str = Field(
        default="Seva console",
        description="Name of the console in the app for one-time codes.",
    )
    console_oidc_issuer: Address = Field(
        default="",
        description="Issuer of an OpenID provider whose accounts may sign in to the console, if "
        "they were invited by their e-mail; empty: by password and code only. Its address to come "
        "back to is `SEVA_CONSOLE_URL/sign-in/oidc/back`.",
    )
    console_oidc_client: str = Field(default="", description="Id of the console at that provider.")
    console_oidc_secret: str = Field(
        default="", description="Secret of the console at that provider."
    )
    console_oidc_name: str = Field(
        default="OpenID", description="Name of that provider on the button of the sign-in page."
    )
    console_mail_domain: str = Field(
        default="seva.invalid",
        description="Domain of the e-mail addresses in commits of catalogue changes: an account is "
        "ID@DOMAIN there.",
    )
    console_idle_minutes: float = Field(
        default=30, gt=0, description="Pause after which somebody must sign in again."
    )
    console_session_hours: float = Field(
        default=12, gt=0, description="Longest time that a sign-in lasts."
    )

    @property
    def console_address(self) -> str:
        """Where browsers come to."""
        return self.console_url or f"http://{reached(self.console_host)}:{self.console_port}"


class Settings(
    WorkerSettings,
    ShadowSettings,
    ActionsSettings,
    ServeSettings,
    DocumentsSettings,
    SandboxSettings,
    ConsoleSettings,
    SimulatorSettings,
):
    """`seva demo`, which starts all the others: every setting there is.

    The order of the classes is one in which their groups never contradict each other.
    """


PROCESSES: Mapping[Role, type[ProcessSettings]] = {
    "serve": ServeSettings,
    "worker": WorkerSettings,
    "shadow": ShadowSettings,
    "actions": ActionsSettings,
    "documents": DocumentsSettings,
    "sandbox": SandboxSettings,
    "simulator": SimulatorSettings,
    "console": ConsoleSettings,
    "demo": Settings,
}


def readers(field: str) -> list[Role]:
    """The processes that read a setting, without the demo, which has them all."""
    known = [role for role, kind in PROCESSES.items() if field in kind.__fields__]
    return known if known == ["demo"] else [role for role in known if role != "demo"]


def reached(host: str) -> str:
    """The address of a server of this machine that listens on `host`."""
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host
