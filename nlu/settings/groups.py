"""What several processes read from the environment: one class for each thing that they share.

`nlu.settings.process` says what a field is and how it is read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, root_validator, validator

from nlu.action_address import ActionAddress
from nlu.settings.process import ProcessSettings
from nlu.settings.types import (
    Address,
    DatabaseUrl,
    DatabaseUrls,
    Port,
    SealingKeys,
    Zone,
    split_list,
)

INDIA = "Asia/Kolkata"
ALL = "all"
DEMO_APP_SECRET = "seva-demo-app-secret"
DEMO_NOTICES_KEY = "seva-demo-notices-key"


class Keys(ProcessSettings):
    """What seals and hashes what citizens told us."""

    sealing_key: SealingKeys = Field(
        default="",
        description="Keys that seal what citizens told, commas between: the first seals, all open. "
        "Empty means the file `sealing.key` in `SEVA_VAR_DIR`, made at first use, a key a line.",
        production="set",
    )
    hashing_key: SealingKeys = Field(
        default="",
        description="Key that names a citizen's rows and never changes; empty means the file "
        "`hashing.key` in `SEVA_VAR_DIR`, or the oldest sealing key where there is none.",
    )


class Stored(ProcessSettings):
    """Where state lies."""

    database_url: DatabaseUrls = Field(
        default="sqlite",
        description="Inbox, outbox and dialogue trackers, in one database, so that a turn is one "
        "transaction. `sqlite` means `seva.sqlite` in `SEVA_VAR_DIR`; also `sqlite:///PATH`, or "
        "`postgresql://...` for several machines; several servers as "
        "`postgresql://USER@ONE:5432,TWO:5432/DATABASE?target_session_attrs=read-write`. Several "
        "of these addresses, blanks between, share the citizens: neither their number nor their "
        "order may change.",
    )

    migrate: Literal["sqlite", "always", "never"] = Field(
        default="sqlite",
        description="Where a process that starts adds by itself what its tables lack: in `sqlite` "
        "files, `always` (also in PostgreSQL), or `never`; else `seva migrate before` does. New "
        "tables are always made.",
    )

    @property
    def database_urls(self) -> tuple[str, ...]:
        """The database, or those that share the citizens."""
        return tuple(self.database_url.split())

    def table_url(self, file: str) -> str:
        """Where tables lie that are no part of a turn: in PostgreSQL too where the state is there,
        in the first database of several, else in a file of `SEVA_VAR_DIR`."""
        if self.database_url.startswith("postgresql"):
            return self.database_urls[0]
        return f"sqlite:///{self.var_dir.absolute() / file}"


class State(Keys, Stored):
    """Inbox, outbox and trackers, which `serve` and `worker` share."""

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
        default=2,
        ge=0,
        description="How long a write waits for others to share its fsync, where others write too.",
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
    keep_review_days: float = Field(
        default=90,
        ge=0,
        description="How long masked messages for review are kept, with what readers decided on "
        "them (`docs/review.md`); 0 keeps none.",
    )
    review_percent: float = Field(
        default=1,
        ge=0,
        le=100,
        description="Percent of the messages understood that come to review whatever was made of "
        "them.",
    )
    shadow_percent: float = Field(
        default=0,
        ge=0,
        le=100,
        description="Percent of the messages understood that a candidate understands beside the "
        "live model, while one is set on the page Models and `seva shadow` runs "
        "(`docs/decisions/shadow-mode.md`); 0: none, and nothing is kept for it.",
    )
    review_twice_percent: float = Field(
        default=10,
        ge=0,
        le=100,
        description="Percent of the cards of the review that two people read.",
    )

    @root_validator
    def _default_files(cls, values: dict) -> dict:
        """Turns the short form `sqlite` into the URL of a file under `var_dir`."""
        if values.get("database_url") in ("", "sqlite", "sqlite://") and "var_dir" in values:
            values["database_url"] = f"sqlite:///{values['var_dir'] / 'seva.sqlite'}"
        return values


class Tables(Stored):
    """The action server's tables: journal, ledger, misses."""

    journal_url: DatabaseUrl = Field(
        default="",
        description="Journal of writes to departments. Empty means that of `SEVA_DATABASE_URL` "
        "where it is PostgreSQL, else the file `journal.sqlite` in `SEVA_VAR_DIR`; also "
        "`sqlite:///PATH` or `postgresql://...`.",
    )

    @property
    def tables_url(self) -> str:
        """The URL of the database."""
        if self.journal_url == "sqlite":
            return f"sqlite:///{self.var_dir.absolute() / 'journal.sqlite'}"
        return self.journal_url or self.table_url("journal.sqlite")


class Releases(ProcessSettings):
    """Where the live release comes from."""

    models_store: str = Field(
        default="",
        description="Where several machines share their models: a folder that all have mounted, or "
        "`s3://BUCKET/PREFIX` (address and keys as AWS tools read them: `AWS_ENDPOINT_URL`, ...). "
        "Then the live model is named in the database of `SEVA_DATABASE_URL`, and "
        "`SEVA_MODELS_DIR` is this machine's copy. Empty: the file `live` in `SEVA_MODELS_DIR` "
        "names it.",
    )


class ActionServer(Releases):
    """Where the action server is, and how it is called."""

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

    @property
    def action_address(self) -> ActionAddress:
        """Where the worker calls actions."""
        return ActionAddress.of(self.action_server_url, self.var_dir)


class Engine(ActionServer):
    """The model in a process, and what it works with."""

    models_dir: Path = Field(
        default=Path("models"),
        description="Model registry; in a checkout that of the checkout, unless an own catalogue "
        "lies here.",
    )
    cache_dir: Path = Field(
        default=Path(".cache/seva"),
        description="Cache of encoder and speech models; safe to delete. An installed Seva uses "
        "`~/.cache/seva`.",
    )
    config: Path = Field(
        default=Path("config.yml"),
        description="Rasa configuration for training; where there is none here, the one that came "
        "with Seva.",
    )
    threads: int = Field(
        default=1, ge=0, description="Threads for inference in one process; 0 means one per core."
    )
    encoder_model: str = Field(
        default="",
        description="Sentence encoder: a folder or a hub id; empty means that of `config.yml`.",
    )
    parse_cache: int = Field(
        default=4096,
        ge=0,
        description="Answers of `/parse` kept in each process, about 4 kB each; 0 keeps none.",
    )


class Hearing(ProcessSettings):
    """Texts and voice notes: how long they may be, and who hears them."""

    whisper_model: str = Field(
        default="",
        description="Speech model: a folder or a hub id; empty means the one in the package.",
    )
    max_text_chars: int = Field(default=4096, ge=1, description="Longest text that is understood.")
    max_audio_bytes: int = Field(
        default=16 * 1024 * 1024, ge=1, description="Largest voice message in bytes."
    )
    max_audio_seconds: float = Field(
        default=120, gt=0, description="Longest voice message in seconds."
    )
    hearing_processes: int = Field(
        default=1,
        ge=1,
        description="Processes that hear voice notes, for each worker and each process of "
        "`seva serve` that gets one; each takes a core and, with Whisper base, 0.4 GB.",
    )


class WhatsAppNumber(ProcessSettings):
    """The number that citizens write to."""

    whatsapp_phone_number_id: str = Field(
        default="109876543210987",
        description="Id of the number that citizens write to.",
        production="own",
    )
    whatsapp_app_secret: str = Field(
        default=DEMO_APP_SECRET,
        description="Secret with which WhatsApp signs its deliveries.",
        production="secret",
        roles=("serve",),
    )


class WhatsAppCaller(WhatsAppNumber):
    """What calls of WhatsApp carry."""

    whatsapp_graph_version: str = Field(default="v25.0", description="Version of the Graph API.")
    whatsapp_access_token: str = Field(
        default="seva-demo-access-token",
        description="Bearer token for outgoing WhatsApp calls.",
        production="secret",
    )


class WhatsAppWebhook(WhatsAppNumber):
    """What WhatsApp's deliveries are known by."""

    whatsapp_verify_token: str = Field(
        default="seva-demo-verify-token",
        description="Token of the webhook's verification handshake.",
        production="secret",
    )


class Traces(ProcessSettings):
    """How much is traced; where spans go says `OTEL_EXPORTER_OTLP_ENDPOINT` (docs/tracing.md)."""

    traces_ratio: float = Field(
        default=1,
        ge=0,
        le=1,
        description="Share of the traces beginning here that is sent to the collector which "
        "`OTEL_EXPORTER_OTLP_ENDPOINT` names. A trace that began elsewhere is sent if it is sent "
        "there.",
    )


class TraceReaders(ProcessSettings):
    """Who outside gets the ids of our traces."""

    traced_departments: str = Field(
        default=ALL,
        description="Departments that get the `traceparent` of a call, by their ids, commas "
        "between; `all` is every department, empty none. Payment gateways get it only by their "
        "own ids.",
    )

    def tells(self, name: str, *, gateway: bool = False) -> bool:
        """Whether a department or a payment gateway gets it."""
        named = split_list(self.traced_departments)
        return name in named or (not gateway and ALL in named)


class LogKey(ProcessSettings):
    """How citizens are named in logs."""

    log_key: str = Field(
        default="",
        description="Key of the hash that stands for a citizen in logs; empty means "
        "`SEVA_WHATSAPP_APP_SECRET`.",
        production="secret",
    )


class Shutdown(ProcessSettings):
    """How a process stops."""

    shutdown_seconds: float = Field(
        default=20,
        ge=0,
        description="Time that turns of a worker, and requests of `seva serve`, get to finish when "
        "it is asked to stop.",
    )


class ServeAddress(ProcessSettings):
    """Where `seva serve` listens."""

    serve_host: str = Field(
        default="127.0.0.1", description="Address that `seva serve` listens on."
    )
    serve_port: Port = Field(default=8780, description="Port of `seva serve`.")


class News(ProcessSettings):
    """How news for citizens come from the action server to the outbox."""

    internal_host: str = Field(
        default="127.0.0.1",
        description="Address of the second listener of `seva serve`, for `/notices`, `/metrics` "
        "and health with its reasons. Never for the outside.",
    )
    internal_port: Port = Field(
        default=8783,
        description="Port of that listener; 0 switches it off, and with it news for citizens.",
    )
    notices_key: str = Field(
        default=DEMO_NOTICES_KEY,
        description="Key of `/notices`, the same for `seva serve` and `seva actions`. The default "
        "is public: set your own outside a demo.",
        production="secret",
    )


class IssuedDocuments(ProcessSettings):
    """Documents that we issue: their public address, their registry, and what seals it."""

    documents_url: Address = Field(
        default="http://127.0.0.1:8795",
        description="Public address of `seva documents serve`, as QR codes on documents name it.",
        production="https",
    )
    documents_sealing_key: SealingKeys = Field(
        default="",
        description="Keys that seal what issued documents say, in their registry, as in "
        "`SEVA_SEALING_KEY`. Empty means the file `sealing.key` in `SEVA_VAR_DIR/documents`.",
        production="set",
    )

    @validator("documents_url")
    def _never_nothing(cls, value: str) -> str:
        """A QR code must lead somewhere."""
        return value or str(cls.__fields__["documents_url"].default)


class CitizensZone(ProcessSettings):
    """Where the citizens live."""

    timezone: Zone = Field(
        default="",
        description="Time zone of dates that citizens name; empty means that of `config.yml`.",
    )

    @property
    def zone(self) -> ZoneInfo:
        """Its clock."""
        return ZoneInfo(self.timezone or INDIA)


class Pages(ProcessSettings):
    """Pages for browsers."""

    page_hosts: str = Field(
        default="",
        description="Names, comma separated, by which browsers reach pages besides the addresses "
        "that they listen on and that are set for links; requests for other names are refused.",
    )

    @property
    def page_names(self) -> tuple[str, ...]:
        """The names, each once."""
        return split_list(self.page_hosts)
