"""A deployment as the checks see it: environment, settings, live model, machine."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from nlu import canary_pointer, registry
from nlu.archive import ReleaseRefused
from nlu.canary_pointer import Canary
from nlu.doctor.check import NotLooked
from nlu.doctor.limits import Limits, load_limits
from nlu.doctor.local_server import LocalServer
from nlu.doctor.machine import Machine, Running
from nlu.paths import data_folder
from nlu.settings import Role, Settings
from nlu.settings.types import split_list
from nlu.storage.keys import KEY_FILE, Place

ROLES: tuple[Role, ...] = ("serve", "worker", "actions")
"""Whom it looks at where nobody is named."""
T = TypeVar("T")
SIMULATOR = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Deployment:
    """What is looked at. Values that cannot be read have their default in `settings`; the check
    `settings` tells of them."""

    environ: Mapping[str, str]
    roles: Sequence[Role]
    settings: Settings
    malformed: frozenset[str]
    """Variables whose value cannot be read."""
    limits: Limits
    machine: Machine = field(default_factory=Machine)
    _known: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    _asking: Any = field(default_factory=threading.RLock, compare=False, repr=False)

    @classmethod
    def of(
        cls,
        environ: Mapping[str, str] | None = None,
        roles: Iterable[Role] = (),
        limits: Limits | None = None,
        machine: Machine | None = None,
    ) -> Deployment:
        """As the environment says; without `roles` all that answer citizens."""
        given = dict(os.environ if environ is None else environ)
        values, faults = Settings.values(given)
        wrong = frozenset(fault.variable for fault in faults)
        if "SEVA_DATABASE_URL" in wrong and "var_dir" in values:
            values["database_url"] = f"sqlite:///{values['var_dir'] / 'seva.sqlite'}"
        return cls(
            given,
            tuple(roles) or ROLES,
            Settings.construct(**values),
            wrong,
            limits or load_limits(),
            machine or Machine(),
        )

    @property
    def var(self) -> Path:
        """Where the processes keep their files."""
        return self.settings.var_dir

    @property
    def production(self) -> bool:
        """Whether it says that it is no demo."""
        return self.settings.env == "production"

    @property
    def real(self) -> bool:
        """Whether real citizens write: it says so, or WhatsApp is not the simulator."""
        host = urlsplit(self.settings.whatsapp_base_url).hostname or ""
        return self.production or host not in ("", *SIMULATOR)

    @property
    def chosen(self) -> Path | None:
        """The catalogue that SEVA_DATA_DIR names."""
        named = self.environ.get("SEVA_DATA_DIR")
        return Path(named).absolute() if named else None

    @cached_property
    def live(self) -> str | None:
        """Id of the live model. Raises ValueError for a pointer that cannot be read."""
        return registry.live_id(self.settings.models_dir)

    @property
    def canary(self) -> Canary | None:
        """What answers a share of the citizens; none where its pointer cannot be read."""
        try:
            return canary_pointer.read(self.settings.models_dir)
        except (OSError, ReleaseRefused):
            return None

    @cached_property
    def entry(self) -> Path:
        """The live model's folder. Raises NotLooked where there is none."""
        try:
            live = self.live
        except (ValueError, AttributeError, OSError):
            live = None
        folder = self.settings.models_dir.absolute() / live if live else None
        if folder is None or not (folder / registry.MANIFEST).is_file():
            raise NotLooked("there is no live model")
        return folder

    @cached_property
    def words(self) -> Path:
        """The catalogue that `serve`, `worker` and `actions` read."""
        if self.chosen is not None:
            return self.chosen
        try:
            copy = self.entry / registry.DATA
        except NotLooked:
            return data_folder().absolute()
        return copy if copy.is_dir() else data_folder().absolute()

    @property
    def keys(self) -> Place:
        """Where the sealing keys are."""
        given = self.settings.sealing_key, self.settings.hashing_key
        return Place(*given, self.var / KEY_FILE)

    @cached_property
    def running(self) -> tuple[Running, ...]:
        """All processes of Seva on this machine that this user may look at."""
        return tuple(self.machine.running())

    def ours(self) -> tuple[Running, ...]:
        """Those that keep their files in this SEVA_VAR_DIR."""
        return tuple(one for one in self.running if one.var == self.var.resolve())

    def strangers_to_folder(self) -> tuple[Running, ...]:
        """Those of a wanted role that keep them elsewhere, where none of that role does so here.
        A folder for which all roles run is another deployment on this machine."""
        here = {one.role for one in self.ours()}
        of_folder: dict[Path, set[str]] = {}
        for one in self.running:
            of_folder.setdefault(one.var, set()).add(one.role)
        lost = set(self.roles) - here if here else set()
        return tuple(
            one for one in self.running if one.role in lost and not set(ROLES) <= of_folder[one.var]
        )

    def runs(self, role: Role) -> bool:
        """Whether a process of that role runs here: it is seen, or somebody listens in its place
        (a process of another user is not seen)."""
        return any(one.role == role for one in self.ours()) or self._listens(role)

    def _listens(self, role: Role) -> bool:
        now = self.settings
        if role == "serve":
            return self.server(now.serve_host, now.serve_port).listens
        if role == "worker":
            port = now.worker_metrics_port
            return bool(port) and self.server(now.worker_metrics_host, port).listens
        if role == "actions":
            return self.action_server is not None and self.action_server.listens
        return False

    @cached_property
    def action_server(self) -> LocalServer | None:
        """Where the worker calls actions; None where that is no address."""
        try:
            at = self.settings.action_address
        except ValueError:
            return None
        return self.server(at.host, at.port, at.socket)

    @property
    def key_names(self) -> tuple[str, ...]:
        """API keys of SEVA_API_KEYS; secrets."""
        return split_list(self.settings.api_keys)

    def once(self, name: str, find: Callable[[], T]) -> T:
        """What several checks need and what takes time: found by the first, told to all."""
        with self._asking:
            if name not in self._known:
                self._known[name] = find()
            found: T = self._known[name]
            return found

    def server(self, host: str, port: int, socket: Path | None = None) -> LocalServer:
        """A process of ours on this machine, asked within the time that it has."""
        return LocalServer(host, port, socket, self.limits.answer_seconds)
