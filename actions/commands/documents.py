"""`seva documents`: commands about issued documents and the keys that sign them."""

from __future__ import annotations

from typing import Annotated

import typer

from nlu.commands.options import Json, address, begin, finish

app = typer.Typer(
    name="documents",
    help="Issued documents. Serve what checks them, revoke, reissue, look after signing keys.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
keys = typer.Typer(
    name="keys",
    help="Signing keys. List, rotate, withdraw.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(keys)
_HOST, _PORT = address("DOCUMENTS", 8795)
DocumentId = Annotated[str, typer.Argument(metavar="ID", help="As printed beside the QR code.")]


@app.command()
def serve(
    host: Annotated[str | None, _HOST] = None,
    port: Annotated[int | None, _PORT] = None,
) -> None:
    """Serve the verification page. With keys, status, PDFs and log."""
    from nlu.settings.settings import DocumentsSettings

    settings = begin(DocumentsSettings)
    from actions.documents.commands import serve_command

    given = {"documents_host": host, "documents_port": port}
    finish(serve_command(settings.but(given)))


@app.command()
def show(
    document: DocumentId,
    values: Annotated[bool, typer.Option("--values", help="Also print what it says.")] = False,
    json_output: Json = False,
) -> None:
    """Show a document. State, dates, key, place in the log."""
    from actions.documents.commands import show_command

    finish(show_command(document, values=values, as_json=json_output))


@app.command()
def revoke(
    document: DocumentId,
    reason: Annotated[
        str, typer.Option(help="A code of actions/documents/revocations.yml.", show_default=False)
    ],
) -> None:
    """Declare a document void. The checking page says when and why."""
    from actions.documents.commands import revoke_command

    finish(revoke_command(document, reason))


@app.command()
def reissue(
    document: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="As printed beside the QR code.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Instead: every valid document that this key signed.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A corrected value; may be repeated."),
    ] = None,
) -> None:
    """Replace a document by a new one. Signed now, with a new id and address."""
    from actions.documents.commands import reissue_command

    finish(reissue_command(document, key, changes or []))


@keys.command("list")
def list_keys(json_output: Json = False) -> None:
    """List all keys. With their times and states."""
    from actions.documents.commands import keys_list_command

    finish(keys_list_command(as_json=json_output))


@keys.command()
def rotate(
    department: Annotated[str, typer.Argument(help="Id of the department.")],
    at_once: Annotated[
        bool, typer.Option("--at-once", help="It signs now, before phones have fetched it.")
    ] = False,
) -> None:
    """Make the next key. Published now, signs when phones know it."""
    from actions.documents.commands import keys_rotate_command

    finish(keys_rotate_command(department, at_once=at_once))


@keys.command()
def withdraw(
    kid: Annotated[str, typer.Argument(help="Of `seva documents keys list`.")],
    reissue: Annotated[
        bool, typer.Option("--reissue", help="Also reissue every document that it signed.")
    ] = False,
) -> None:
    """Withdraw a stolen key. All that it signed is refused from now on."""
    from actions.documents.commands import keys_withdraw_command

    finish(keys_withdraw_command(kid, reissue=reissue))


@keys.command()
def announce() -> None:
    """Put keys into the log that are not there. Once, after an upgrade."""
    from actions.documents.commands import keys_announce_command

    finish(keys_announce_command())
