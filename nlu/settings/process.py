"""How a process reads its settings from the environment, once, at its start.

A field of a class is a setting: its name in capitals behind `SEVA_` is the variable, its type says
what the text may be, `description` is its line in `docs/settings.md`. `production` names the rule
that it must keep there (`nlu.settings.production`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseSettings, Field, validate_model

from nlu import paths
from nlu.settings.types import Level

PREFIX = "SEVA_"
P = TypeVar("P", bound="ProcessSettings")


@dataclass(frozen=True, order=True)
class Fault:
    """One variable, what is wrong with it, and what to do. Never its value: it may be a secret."""

    variable: str
    wrong: str
    mend: str

    def __str__(self) -> str:
        return f"{self.variable}: {self.wrong}; {self.mend}"


class WrongEnvironment(ValueError):
    """The environment cannot be used; the message has one line for each fault."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


class ProcessSettings(BaseSettings):
    """What every process reads. The environment is read once, at the start of a process."""

    env: Literal["demo", "production"] = Field(
        default="demo",
        description="`production` refuses to start with public secrets, unset keys, plain http or "
        "departments on this machine; simulators do not start at all.",
    )
    var_dir: Path = Field(default=Path("var"), description="Folder for what the processes write.")
    data_dir: Path = Field(
        default=Path("data"),
        description="Folder of the service catalogue. Where it is set, every process reads that "
        "folder as it is; where not, `serve`, `worker` and `actions` read the copy in the live "
        "model, and other commands `data` here, or the one that came with Seva.",
    )
    log_level: Level = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR.", production="quiet"
    )

    class Config:
        """Environment variables are `SEVA_` plus the field's name in capitals."""

        env_prefix = PREFIX
        anystr_strip_whitespace = True
        allow_mutation = False

    def but(self: P, given: Mapping[str, Any]) -> P:
        """The same with what a command line gave; None gives nothing."""
        return self.copy(update={name: value for name, value in given.items() if value is not None})

    @classmethod
    def read(cls: type[P], environ: Mapping[str, str] | None = None) -> P:
        """The settings in an environment. Raises WrongEnvironment for a value without its form."""
        values, faults = cls.values(os.environ if environ is None else environ)
        if faults:
            raise WrongEnvironment(sorted(faults))
        return cls.construct(**values)

    @classmethod
    def values(cls, environ: Mapping[str, str]) -> tuple[dict[str, Any], list[Fault]]:
        """The fields that can be read, and a fault for each that cannot."""
        fields = cls.__fields__
        text = {name: str(path) for name, path in paths.defaults().items() if name in fields}
        text |= {name: environ[variable(name)] for name in fields if variable(name) in environ}
        values, _, error = validate_model(cls, {k: v.strip() for k, v in text.items()})
        faults = []
        for one in error.errors() if error else ():
            name = str(one["loc"][0])
            meaning = fields[name].field_info.description or ""
            faults.append(Fault(variable(name), one["msg"], f"it is: {meaning}"))
            values.pop(name, None)
        return values, faults


def variable(field: str) -> str:
    """The environment variable of a field."""
    return PREFIX + field.upper()
