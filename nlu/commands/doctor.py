"""`seva doctor`: what is wrong with this deployment, why it matters, how to mend it."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from nlu.commands.options import Json, finish


class DoctorRole(str, Enum):
    """Processes that can be looked at."""

    serve = "serve"
    worker = "worker"
    actions = "actions"
    documents = "documents"


def doctor(
    role: Annotated[
        list[DoctorRole] | None,
        typer.Option(
            help="A process that runs here; may be repeated. All but documents if absent."
        ),
    ] = None,
    json_output: Json = False,
) -> None:
    """Say what is wrong. Environment, files, model, processes, machine; changes nothing."""
    from nlu.doctor.report import doctor_command

    finish(doctor_command([one.value for one in role or ()], as_json=json_output))
