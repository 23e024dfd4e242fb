"""The command `seva`: the composition root, so it may reach api and actions, lazily.

Everything heavy is imported inside a command, so that `seva --help`, `check` and `models` start at
once; the environment that Rasa, TensorFlow and OpenMP read is set before any of them is imported.
Commands exit 0 on success, 1 on a failed check and 2 on wrong usage.
"""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping

import typer

from nlu.cli_api_keys import api_keys
from nlu.cli_catalogue import check, new_department, new_service
from nlu.cli_documents import documents
from nlu.cli_handover import handover
from nlu.cli_inbox import inbox
from nlu.cli_keys import keys
from nlu.cli_log import log
from nlu.cli_models import (
    benchmark,
    compare,
    evaluate,
    models,
    parse,
    promote,
    rollback,
    train,
    transcribe,
)
from nlu.cli_payments import payments
from nlu.cli_processes import actions, demo, sandbox, serve, simulator, worker
from nlu.cli_speech import speech

_QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",  # Rasa's bars of a blink each; read when tqdm is imported
    "TRANSFORMERS_VERBOSITY": "error",
}
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)

app = typer.Typer(
    name="seva",
    help="Government services on WhatsApp, in the citizen's own words: Telugu, Hindi, English.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_FOR_OTHERS = (
    *("check", "new-service", "new-department", "train", "evaluate", "compare"),
    *("promote", "rollback", "benchmark", "speech"),
)
"""Commands whose files are meant for others: data and models, and what is measured of them."""


@app.callback()
def keep_private(context: typer.Context) -> None:
    """What any other command writes is its user's alone: it is about citizens, or secret."""
    if context.invoked_subcommand not in _FOR_OTHERS:
        os.umask(0o077)


_PASSES_ARGUMENTS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}
for command in (
    *(check, new_service, new_department),
    *(train, evaluate, compare, parse, transcribe, models, promote, rollback),
    *(serve, worker, actions, sandbox, simulator, demo),
):
    app.command(command.__name__.replace("_", "-"))(command)
app.add_typer(api_keys)
app.add_typer(speech)
app.add_typer(documents)
app.add_typer(log)
app.add_typer(inbox)
app.add_typer(handover)
app.add_typer(payments)
app.add_typer(keys)
app.command("benchmark", context_settings=_PASSES_ARGUMENTS_ON)(benchmark)


def prepare_environment(environment: MutableMapping[str, str]) -> None:
    """Quiet libraries, and SEVA_THREADS (default 1, 0 for every core) threads in each of them.

    Variables that are already set win, so that an operator can still change a single one.
    """
    wanted = environment.get("SEVA_THREADS", "1").strip()
    threads = str(os.cpu_count() or 1) if wanted == "0" else wanted or "1"
    for name, value in {**_QUIET, **dict.fromkeys(_THREADS, threads)}.items():
        environment.setdefault(name, value)


def main() -> None:
    """Entry point of `seva` and of `python -m nlu.cli`."""
    prepare_environment(os.environ)
    from nlu.catalogue.errors import CatalogueError

    try:
        app()
    except CatalogueError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        print("Mend the catalogue, then `seva check` says when it is right.", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
