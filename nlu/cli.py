"""The command `seva`. Its commands stand beside what they command, in any package: they are the
entry points `seva.commands` of pyproject.toml.

Everything heavy is imported inside a command, so that `seva --help`, `check` and `models` start at
once; the environment that Rasa, TensorFlow and OpenMP read is set before any of them is imported.
Commands exit 0 on success, 1 on a failed check and 2 on wrong usage.
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import entry_points

import typer

from nlu.environment import prepare_environment

app = typer.Typer(
    name="seva",
    help="Government services on WhatsApp, in the citizen's own words: Telugu, Hindi, English.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_FOR_OTHERS = (
    *("init", "check", "new-service", "new-department"),
    *("train", "evaluate", "compare", "gate"),
    *("promote", "rollback", "benchmark", "speech"),
)
"""Commands whose files are meant for others: data and models, and what is measured of them."""


@app.callback()
def keep_private(context: typer.Context) -> None:
    """What any other command writes is its user's alone: it is about citizens, or secret."""
    if context.invoked_subcommand not in _FOR_OTHERS:
        os.umask(0o077)


for found in sorted(entry_points(group="seva.commands"), key=lambda one: one.name):
    app.add_typer(found.load())


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
