"""Every setting of Seva's processes, each with its default and its meaning.

Environment variables carry the prefix `SEVA_`. Values that are knowledge about the domain or
about WhatsApp (limits, error codes, back-off) are data, not settings: see `data/whatsapp.yml`.
`docs/settings.md` is made from it (`docs/make_settings.py`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseSettings, Field, root_validator

from nlu.settings.types import (
    Address,
    Addresses,
    Level,
    Port,
    SealingKeys,
    StateUrl,
    TablesUrl,
    Zone,
    split_list,
)

WEBHOOK_PATH = "/webhooks/whatsapp"
DEMO_API_KEY = "seva-demo-key"
DEMO_APP_SECRET = "seva-demo-app-secret"
DEMO_NOTICES_KEY = "seva-demo-notices-key"

TOOLS = {
    "SEVA_BOOTSTRAP_DIR": "Where `.ci/uv` keeps uv itself.",
    "SEVA_PAYMENT_EXAMPLES": "Random histories in the tests of payments.",
    "SEVA_SCREENSHOTS": "Folder for the pictures that browser tests take.",
    "SEVA_TEST_CHROMIUM": "The browser of the tests; else `chromium` on the path.",
}
"""Variables that no process of Seva reads, but its build and its tests."""


class Settings(BaseSettings):
    """The environment of one process, read once at start.

    `production` says what a value must be there (`nlu.settings.environment`), `roles` whose it is;
    without `roles` it is everybody's.
    """

    env: Literal["demo", "production"] = Field(
        default="demo",
        description="`production` refuses to start with public secrets, unset keys, plain http or "
        "departments on this machine; simulators do not start at all.",
    )

    # State
    database_url: StateUrl = Field(
        default="sqlite",
        description="Inbox, outbox and dialogue trackers, in one file, so that a turn is one "
        "transaction. `sqlite` means `seva.sqlite` in `SEVA_VAR_DIR`; also `sqlite:///PATH`.",
    )
    var_dir: Path = Field(default=Path("var"), description="Folder for what the processes write.")
    data_dir: Path = Field(
        default=Path("data"),
        description="Folder of the service catalogue. Where it is set, every process reads that "
        "folder as it is; where not, `serve`, `worker` and `actions` read the copy in the live "
        "model.",
    )
    models_dir: Path = Field(default=Path("models"), description="Model registry.")
    cache_dir: Path = Field(
        default=Path(".cache/seva"),
        description="Cache of encoder and speech models; safe to delete.",
    )

    # Understanding
    threads: int = Field(
        default=1, ge=0, description="Threads for inference in one process; 0 means one per core."
    )
    parse_cache: int = Field(
        default=4096,
        ge=0,
        description="Answers of `/parse` kept in each process, about 4 kB each; 0 keeps none.",
    )
    encoder_model: str = Field(
        default="",
        description="Sentence encoder: a folder or a hub id; empty means that of `config.yml`.",
    )
    whisper_model: str = Field(
        default="",
        description="Speech model: a folder or a hub id; empty means the one in the package.",
    )
    config: Path = Field(default=Path("config.yml"), description="Rasa configuration for training.")
    timezone: Zone = Field(
        default="",
        description="Time zone of dates that citizens name; empty means that of `config.yml`.",
    )
    action_server_url: str = Field(
        default="unix",
        description="Where the action server listens and the worker calls it. `unix` means the "
        "socket `actions.sock` in `SEVA_VAR_DIR`, which only the processes' own user can open; "
        "also `unix:///PATH` or `http://HOST:PORT`.",
    )
    actions_secret: str = Field(
        default="",
        description="Secret of the worker at the action server; must be set where "
        "`SEVA_ACTION_SERVER_URL` is no socket, the same for both.",
    )
    action_seconds: float = Field(
        default=40, gt=0, description="Longest time of one action, calls of departments included."
    )
    action_bytes: int = Field(
        default=8 * 1024 * 1024, ge=1, description="Longest request to the action server."
    )
    allow_loopback_departments: bool = Field(
        default=True,
        description="Whether departments may be reached on this machine, as the sandbox is; "
        "set to 0 in production.",
        production="off",
        roles=("actions",),
    )

    # WhatsApp
    whatsapp_base_url: Address = Field(
        default="http://127.0.0.1:8785",
        description="WhatsApp Cloud API: the simulator, or `https://graph.facebook.com`.",
        production="https",
        roles=("worker",),
    )
    whatsapp_graph_version: str = Field(default="v25.0", description="Version of the Graph API.")
    whatsapp_phone_number_id: str = Field(
        default="109876543210987",
        description="Id of the number that citizens write to.",
        production="own",
        roles=("serve", "worker"),
    )
    whatsapp_access_token: str = Field(
        default="seva-demo-access-token",
        description="Bearer token for outgoing WhatsApp calls.",
        production="secret",
        roles=("worker",),
    )
    whatsapp_app_secret: str = Field(
        default=DEMO_APP_SECRET,
        description="Secret with which WhatsApp signs its deliveries.",
        production="secret",
        roles=("serve",),
    )
    whatsapp_verify_token: str = Field(
        default="seva-demo-verify-token",
        description="Token of the webhook's verification handshake.",
        production="secret",
        roles=("serve",),
    )
    whatsapp_media_hosts: str = Field(
        default="lookaside.fbsbx.com",
        description="Hosts, comma separated, that may receive the access token when media is "
        "downloaded; the host of `SEVA_WHATSAPP_BASE_URL` always may.",
    )
    whatsapp_messages_per_second: float = Field(
        default=80, gt=0, description="Throughput that WhatsApp grants to the number."
    )
    document_hosts: str = Field(
        default="127.0.0.1,localhost",
        description="Hosts, comma separated, from which documents for citizens are fetched.",
        production="outside",
        roles=("worker",),
    )

    # HTTP surface
    page_hosts: str = Field(
        default="",
        description="Names, comma separated, by which browsers reach pages besides the addresses "
        "that they listen on and that are set for links; requests for other names are refused.",
    )
    api_keys: str = Field(
        default=DEMO_API_KEY,
        description="Keys for `/parse` and `/services`, comma separated. The default is public: "
        "set your own outside a demo.",
        production="keys",
        roles=("serve",),
    )
    api_keys_file: str = Field(
        default="",
        description="YAML file of keys with names, scopes, expiry and limits, see `docs/api.md`; "
        "it joins `SEVA_API_KEYS`.",
    )
    serve_host: str = Field(
        default="127.0.0.1", description="Address that `seva serve` listens on."
    )
    serve_port: Port = Field(default=8780, description="Port of `seva serve`.")
    internal_host: str = Field(
        default="127.0.0.1",
        description="Address of the second listener of `seva serve`, for `/notices`, `/metrics` "
        "and health with its reasons. Never for the outside.",
    )
    internal_port: Port = Field(
        default=8783,
        description="Port of that listener; 0 switches it off, and with it news for citizens.",
    )
    processes: int = Field(
        default=0,
        ge=0,
        description="Processes of `seva serve`, each with its own model; 0 means one per core.",
    )
    worker_metrics_host: str = Field(
        default="127.0.0.1", description="Address of the worker's metrics."
    )
    worker_metrics_port: Port = Field(
        default=8781, description="Port of the worker's metrics; 0 switches them off."
    )
    simulator_host: str = Field(
        default="127.0.0.1", description="Address of the WhatsApp simulator."
    )
    simulator_port: Port = Field(default=8785, description="Port of the WhatsApp simulator.")
    simulator_webhook_url: Address = Field(
        default="",
        description="Where the simulator delivers webhooks; empty means "
        "`/webhooks/whatsapp` at `SEVA_SERVE_HOST` and `SEVA_SERVE_PORT`.",
    )
    actions_metrics_host: str = Field(
        default="127.0.0.1", description="Address of the action server's metrics."
    )
    actions_metrics_port: Port = Field(
        default=8782, description="Port of the action server's metrics; 0 switches them off."
    )
    sandbox_host: str = Field(
        default="127.0.0.1", description="Address of the sandbox departments."
    )
    sandbox_port: Port = Field(default=8790, description="Port of the sandbox departments.")
    sandbox_public_url: Address = Field(
        default="",
        description="Address of the sandbox in links that citizens get; empty means its own.",
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
    documents_url: Address = Field(
        default="http://127.0.0.1:8795",
        description="Public address of `seva documents serve`, as QR codes on documents name it.",
        production="https",
        roles=("actions", "documents"),
    )
    documents_host: str = Field(
        default="127.0.0.1", description="Address that `seva documents serve` listens on."
    )
    documents_port: Port = Field(default=8795, description="Port of `seva documents serve`.")
    witnesses: Addresses = Field(
        default="",
        description="Addresses of the log's witnesses, blanks between; `seva documents serve` asks "
        "them to sign.",
        production="https",
        roles=("documents",),
    )
    cosign_seconds: float = Field(
        default=60, gt=0, description="Seconds between two questions to the witnesses."
    )
    documents_sealing_key: SealingKeys = Field(
        default="",
        description="Keys that seal what issued documents say, in their registry, as in "
        "`SEVA_SEALING_KEY`. Empty means the file `sealing.key` in `SEVA_VAR_DIR/documents`.",
        production="set",
        roles=("actions", "documents"),
    )
    sealing_key: SealingKeys = Field(
        default="",
        description="Keys that seal what citizens told, commas between: the first seals, all open. "
        "Empty means the file `sealing.key` in `SEVA_VAR_DIR`, made at first use, a key a line.",
        production="set",
        roles=("serve", "worker", "actions"),
    )
    hashing_key: SealingKeys = Field(
        default="",
        description="Key that names a citizen's rows and never changes; empty means the file "
        "`hashing.key` in `SEVA_VAR_DIR`, or the oldest sealing key where there is none.",
    )
    journal_url: TablesUrl = Field(
        default="sqlite",
        description="Journal of writes to departments. `sqlite` means the file `journal.sqlite` in "
        "`SEVA_VAR_DIR`; also `sqlite:///PATH` or `postgresql://...`.",
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
    notices_key: str = Field(
        default=DEMO_NOTICES_KEY,
        description="Key of `/notices`, the same for `seva serve` and `seva actions`. The default "
        "is public: set your own outside a demo.",
        production="secret",
        roles=("serve", "actions"),
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

    # Limits
    max_text_chars: int = Field(default=4096, ge=1, description="Longest text that is understood.")
    max_batch: int = Field(default=256, ge=1, description="Most texts in one `/parse/batch`.")
    max_audio_bytes: int = Field(
        default=16 * 1024 * 1024, ge=1, description="Largest voice message in bytes."
    )
    max_audio_seconds: float = Field(
        default=120, gt=0, description="Longest voice message in seconds."
    )

    # Voice
    hearing_processes: int = Field(
        default=1,
        ge=1,
        description="Processes that hear voice notes, for each worker and each process of "
        "`seva serve` that gets one; each takes a core and, with Whisper base, 0.4 GB.",
    )
    hearing_waiting: int = Field(
        default=32,
        ge=0,
        description="Recordings that may wait to be heard in a process of `seva serve`; the next "
        "gets 503. A worker's recordings wait in the inbox.",
    )

    spoken_replies: bool = Field(
        default=False,
        description="Whether a voice note is also answered by a voice note, for citizens who "
        "cannot read; needs `make voices`. The engines' licences are in `docs/voice.md`.",
    )

    # Worker
    worker_concurrency: int = Field(
        default=8, ge=1, description="Citizens served at the same time."
    )
    lease_seconds: float = Field(
        default=60,
        gt=0,
        description="How long a worker owns a message before another may take it over.",
    )
    doubt_seconds: float = Field(
        default=30,
        gt=0,
        description="How long a send of unknown outcome waits for WhatsApp's status before it is "
        "sent again.",
    )
    commit_window_ms: float = Field(
        default=2, ge=0, description="How long a write waits for others to share its fsync."
    )
    hang_seconds: float = Field(
        default=30,
        gt=0,
        description="Seconds without a sign of a worker's event loop after which its "
        "`/health/live` says 503.",
    )
    shutdown_seconds: float = Field(
        default=20,
        ge=0,
        description="Time that turns under way get when a worker is asked to stop.",
    )
    keep_days: float = Field(
        default=14,
        ge=8,
        description="How long message ids are kept to recognise a repeated delivery; WhatsApp "
        "repeats for 7 days.",
    )
    keep_trackers_days: float = Field(
        default=90,
        gt=0,
        description="How long the state of a conversation is kept that nobody goes on with.",
    )

    # Logs
    log_level: Level = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR.", production="quiet"
    )
    log_key: str = Field(
        default="",
        description="Key of the hash that stands for a citizen in logs; empty means "
        "`SEVA_WHATSAPP_APP_SECRET`.",
        production="secret",
        roles=("serve", "worker"),
    )

    class Config:
        """Environment variables are `SEVA_` plus the field's name in capitals."""

        env_prefix = "SEVA_"
        anystr_strip_whitespace = True

    @root_validator
    def _default_files(cls, values: dict) -> dict:
        """Turns the short form `sqlite` into the URL of a file under `var_dir`."""
        if values.get("database_url") in ("sqlite", "sqlite://") and "var_dir" in values:
            values["database_url"] = f"sqlite:///{values['var_dir'] / 'seva.sqlite'}"
        return values

    @property
    def keys(self) -> tuple[str, ...]:
        """API keys, each once."""
        return split_list(self.api_keys)

    @property
    def simulated_webhook(self) -> str:
        """Where the simulator delivers to."""
        given, host = self.simulator_webhook_url, _reached(self.serve_host)
        return given or f"http://{host}:{self.serve_port}{WEBHOOK_PATH}"

    @property
    def simulator_url(self) -> str:
        """Where the simulator is reached: the base of media URLs in webhooks."""
        return f"http://{_reached(self.simulator_host)}:{self.simulator_port}"


def _reached(host: str) -> str:
    """The address of a server of this machine that listens on `host`."""
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host
