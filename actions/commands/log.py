"""`seva log`: the tamper-evident log, its witnesses and monitors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nlu.commands.options import Json, finish

app = typer.Typer(
    name="log",
    help="The tamper-evident log: witness it, monitor it, check it, prove an entry.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Where = Annotated[
    str, typer.Option("--log", metavar="WHERE", help="URL of the log (.../log), or its folder.")
]
LogKey = Annotated[
    str | None,
    typer.Option(
        metavar="KEY", help="The log's public key, as its office told it. Default: as first seen."
    ),
]
Every = Annotated[float, typer.Option(min=1, help="Seconds between two looks.")]
Once = Annotated[bool, typer.Option("--once", help="Look once, then stop.")]


@app.command()
def witness(
    where: Where,
    key: Annotated[
        Path, typer.Option(dir_okay=False, help="The witness's private key; made the first time.")
    ],
    state: Annotated[
        Path, typer.Option(file_okay=False, help="What it signed last. Never put back a copy.")
    ],
    name: Annotated[
        str | None,
        typer.Option(help="Name of a new witness, such as treasury.example.in/witness."),
    ] = None,
    log_key: LogKey = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8796,
    every: Every = 300,
    once: Once = False,
) -> None:
    """Co-sign another department's log. Only where it appends to what was signed before."""
    from actions.transparency.commands import witness_command

    finish(
        witness_command(
            where,
            key,
            state,
            name=name,
            log_key=log_key,
            host=host,
            port=port,
            every=every,
            once=once,
        )
    )


@app.command()
def monitor(
    where: Where,
    state: Annotated[Path, typer.Option(file_okay=False, help="What it saw last.")],
    witnesses: Annotated[
        list[str] | None,
        typer.Option("--witness", metavar="URL", help="A witness to compare; may be repeated."),
    ] = None,
    log_key: LogKey = None,
    every: Every = 300,
    once: Once = False,
    language: Annotated[str, typer.Option(help="Language of the alarm.")] = "en",
    json_output: Json = False,
) -> None:
    """Watch a log. Exit code 1 and plain words when its history was changed."""
    from actions.transparency.commands import monitor_command
    from actions.transparency.monitor import languages

    if language not in languages():
        raise typer.BadParameter(f"alarms are told in {', '.join(languages())}")
    finish(
        monitor_command(
            where,
            state,
            log_key=log_key,
            witnesses=witnesses or [],
            every=every,
            once=once,
            language=language,
            as_json=json_output,
        )
    )


@app.command()
def check(
    where: Annotated[str, typer.Argument(metavar="FOLDER", help="Of the log, or its URL.")],
    log_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="The log's public key. Default: as it shows.")
    ] = None,
) -> None:
    """Check a whole log. Every entry, tile and signature."""
    from actions.transparency.commands import check_command

    finish(check_command(where, log_key))


@app.command()
def prove(
    index: Annotated[int, typer.Argument(min=0, help="Number of the entry, from 0.")],
    where: Where,
) -> None:
    """Print a proof that an entry is in the log."""
    from actions.transparency.commands import prove_command

    finish(prove_command(where, index))


@app.command()
def verify(
    proof: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="What `seva log prove` printed.")
    ],
    data: Annotated[str, typer.Option(metavar="HEX", help="The entry.")],
    log_key: Annotated[str, typer.Option(metavar="KEY", help="The log's public key.")],
) -> None:
    """Check a proof. Needs no network."""
    from actions.transparency.commands import verify_command

    finish(verify_command(proof, data, log_key))


@app.command()
def cosign(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="Folder of one's own log.")
    ],
    witnesses: Annotated[
        list[str], typer.Option("--witness", metavar="URL", help="A witness; may be repeated.")
    ],
    every: Annotated[
        float | None, typer.Option(min=1, help="Again every so many seconds. Default: once.")
    ] = None,
) -> None:
    """Ask witnesses to sign one's own log, and publish what they signed."""
    from actions.transparency.commands import cosign_command

    finish(cosign_command(folder, witnesses, every))
