"""Commands about models: train, evaluate, compare, gate, parse, transcribe, the registry."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from nlu.commands.options import Json, finish
from nlu.paths import CHECKOUT, models_folder

app = typer.Typer(rich_markup_mode=None)
Reason = Annotated[str, typer.Option(help="What for; kept with who and when.")]
ModelId = Annotated[
    str,
    typer.Argument(metavar="ID", help="Id, the beginning or the end of one, or `live`."),
]


class Profile(str, Enum):
    """How a model is trained."""

    fast = "fast"
    full = "full"


@app.command()
def train(
    profile: Annotated[
        Profile | None,
        typer.Option(help="fast: minutes; full: an hour, fine-tuned. As in config.yml if absent."),
    ] = None,
    promote: Annotated[
        bool, typer.Option("--promote", help="Make it live at once, whatever it scored.")
    ] = False,
    reason: Reason = "",
    json_output: Json = False,
) -> None:
    """Train a model. Reads the catalogue, writes a registry entry under models/."""
    from nlu.training.train import train_command

    finish(train_command(profile.value if profile else None, json_output, promote, reason))


@app.command()
def evaluate(
    file: Annotated[
        Path | None,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="Labelled messages (.jsonl, .csv, .tsv); the model's own hold-outs if absent.",
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Id, or a part of it; the live model if absent.")
    ] = None,
    json_output: Json = False,
    html: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Also write the report as one HTML page.")
    ] = None,
) -> None:
    """Score a labelled file or the hold-outs: services, decisions, slots, out of scope."""
    from nlu.training.evaluate import evaluate_command

    finish(evaluate_command(file, model, json_output, html))


@app.command()
def compare(
    a: Annotated[str, typer.Argument(help="Id of one model, or a part of it, or `live`.")],
    b: Annotated[str, typer.Argument(help="Id of the other.")],
    file: Annotated[
        Path | None,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="Labelled messages: .jsonl, .csv, .tsv; what both models hold back if absent.",
        ),
    ] = None,
    json_output: Json = False,
) -> None:
    """Compare two models: right action per key and service, and every message that changed."""
    from nlu.training.compare_command import compare_command

    finish(compare_command(a, b, file, json_output))


@app.command()
def parse(
    text: Annotated[str | None, typer.Argument(help="What a citizen writes.")] = None,
    audio: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A voice message, instead of TEXT."),
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Key of the message, if known: te, te-Latn, hi, ...")
    ] = None,
    json_output: Json = False,
) -> None:
    """Understand one message. Answers what POST /parse answers."""
    if (text is None) == (audio is None):
        raise typer.BadParameter("give either TEXT or --audio FILE")
    from nlu.training.parse import parse_command

    finish(parse_command(text, audio, language, json_output))


@app.command()
def why(
    text: Annotated[str, typer.Argument(help="What a citizen writes.")],
    model: Annotated[
        str | None, typer.Option(help="Id, or a part of it; the live model if absent.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(help="An intent to compare with; the next in the ranking if absent."),
    ] = None,
    json_output: Json = False,
) -> None:
    """Show why a message was understood so: the words, and the nearest trained sentences."""
    from nlu.quality.why_command import why_command

    finish(why_command(text, model, against, json_output))


@app.command()
def transcribe(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A voice message.")],
    json_output: Json = False,
) -> None:
    """Write down a voice message."""
    from nlu.speech.transcriber import transcribe_command

    finish(transcribe_command(file, json_output))


@app.command()
def models(
    model: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="One model, with all that is known of it.")
    ] = None,
    json_output: Json = False,
) -> None:
    """List the models and which one is live; or where one model comes from."""
    from nlu.canary import current
    from nlu.model_ids import chosen_model
    from nlu.models_table import Serving, as_rows, print_one, print_table
    from nlu.shared_models import changes, listed

    folder = models_folder()
    with _refusals():
        live, found = listed(folder)
        serving = Serving(live, current(folder))
        if model is not None:
            wanted = chosen_model(folder, model)
            found = [one for one in found if one.id == wanted]
        made = changes(folder)
    if json_output:
        rows = as_rows(found, serving, made)
        print(json.dumps(rows if model is None else rows[0], ensure_ascii=False, indent=2))
    elif model is not None:
        print_one(found[0], serving, made)
    elif found:
        print_table(found, serving, made)
    else:
        print("No model yet. `seva train` makes one.")


@app.command()
def gate(
    model: ModelId,
    against: Annotated[
        str | None, typer.Option(help="The model to hold it against; the live one if absent.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Even where a verdict is kept.")] = False,
    json_output: Json = False,
) -> None:
    """Say whether a model may take the place of the live one, and why not."""
    from nlu.training.gate_command import gate_command

    finish(gate_command(model, against, json_output, again))


@app.command()
def promote(
    model: ModelId,
    reason: Reason = "",
    anyway: Annotated[
        str,
        typer.Option(metavar="REASON", help="Whatever the gate says; the reason is kept."),
    ] = "",
) -> None:
    """Make a model the live one, with its catalogue, if the gate lets it pass."""
    from nlu import shared_models
    from nlu.model_ids import chosen_model
    from nlu.training.gate_command import asked

    with _refusals():
        model = chosen_model(models_folder(), model)
        said = asked(models_folder(), model, anyway)
        shared_models.promote(models_folder(), model, anyway or reason, gate=said)
    print(f"{model} is live. Running processes take it over within seconds.")


@app.command()
def rollback(reason: Reason = "") -> None:
    """Make the previous live model live again, with its catalogue."""
    from nlu import shared_models

    with _refusals():
        print(f"{shared_models.rollback(models_folder(), reason)} is live again.")


@app.command()
def canary(
    model: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="The model to set; which one is set if absent."),
    ] = None,
    percent: Annotated[
        float, typer.Option(min=0, max=100, help="Of the citizens; 0: who asks for it only.")
    ] = 5,
    end: Annotated[
        bool, typer.Option("--end", help="Let the live model answer everybody again.")
    ] = False,
    reason: Reason = "",
    anyway: Annotated[
        str,
        typer.Option(metavar="REASON", help="Whatever the gate says; the reason is kept."),
    ] = "",
) -> None:
    """Let a model answer a share of the citizens beside the live one, or end that."""
    if end and model is not None:
        raise typer.BadParameter("give either an ID or --end")
    from nlu import canary as canaries
    from nlu.model_ids import chosen_model
    from nlu.training.gate_command import asked

    folder = models_folder()
    with _refusals():
        if end:
            print(f"{canaries.end(folder, reason) or 'What it was'} is no canary any more.")
        elif model is not None:
            model = chosen_model(folder, model)
            said = asked(folder, model, anyway)
            canaries.begin(folder, model, percent, anyway or reason, gate=said)
            print(f"{model} answers {percent:g} % of the citizens within seconds.")
        elif (now := canaries.current(folder)) is None:
            print("There is no canary. `seva canary ID --percent 5` sets one.")
        else:
            print(f"{now.id} answers {now.percent:g} % of the citizens.")


@contextmanager
def _refusals() -> Iterator[None]:
    """A reason on standard error and exit code 1, where a model must not be live."""
    from nlu.archive import ReleaseRefused
    from nlu.catalogue import CatalogueError
    from nlu.records import RecordError

    try:
        yield
    except (ReleaseRefused, CatalogueError, RecordError, OSError) as error:  # also a store away
        print(error, file=sys.stderr)
        finish(1)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def benchmark(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A module of benchmarks/; more arguments go to it.")],
) -> None:
    """Run one benchmark. From a checkout; prints a table, or with --json one document."""
    if CHECKOUT is None:
        raise typer.BadParameter("benchmarks run from a checkout; an installed Seva has none")
    files = (CHECKOUT / "benchmarks").glob("[a-z]*.py")
    found = sorted(f.stem for f in files if "\ndef main(" in f.read_text("utf-8"))
    module = name.replace("-", "_")
    if module not in found:
        known = ", ".join(found) or "none yet"
        raise typer.BadParameter(f"no benchmark `{name}`; there are: {known}")
    sys.path.insert(0, str(CHECKOUT))  # before packages: pymerkle brings a `benchmarks` of its own
    finish(importlib.import_module(f"benchmarks.{module}").main(list(context.args)))
