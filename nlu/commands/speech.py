"""`seva speech`: commands about speech models."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from nlu.commands.options import Json, finish

app = typer.Typer(
    name="speech",
    help="Speech models. Fine-tune a Whisper, convert it, measure it, read the catalogue to it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Mode(str, Enum):
    """How a speech model writes."""

    native = "native"
    romanised = "romanised"


@app.command()
def augment(
    voice: Annotated[
        list[str] | None,
        typer.Option(help="A voice of data/voices.yml; may be repeated. Default: its `training`."),
    ] = None,
    per_intent: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Utterances of each service for a voice. Default: as data/voices.yml has it.",
        ),
    ] = None,
    development: Annotated[
        int,
        typer.Option(min=0, help="Development sentences of each service, which only calibrate."),
    ] = 1,
    longest: Annotated[int, typer.Option(help="Characters of an utterance.")] = 80,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes. Default: one a core.")
    ] = None,
) -> None:
    """Read the catalogue to the speech model. Keeps what it writes as training text."""
    from nlu.catalogue import load_catalogue
    from nlu.components.project import catalogue_folder
    from nlu.speech.augmentation import augment_command
    from nlu.speech.synthesis import SynthesisError
    from nlu.speech.synthesis.voices import load_voices

    try:
        known = load_voices()
        wanted = {name: known.readings(name) for name in voice or known.training}
    except SynthesisError as error:
        typer.echo(str(error), err=True)
        finish(1)
    catalogue = load_catalogue(catalogue_folder("data"))
    if per_intent:
        wanted = dict.fromkeys(wanted, per_intent)
    finish(
        augment_command(
            catalogue, wanted, development=development, longest=longest, workers=workers
        )
    )


@app.command()
def convert(
    source: Annotated[
        str, typer.Argument(metavar="HUB_ID", help="A hub id, or a folder of Hugging Face's form.")
    ],
    to: Annotated[Path, typer.Option(file_okay=False, help="New folder for the model.")],
    language: Annotated[
        list[str],
        typer.Option(
            help="A language that it hears, as data/speech.yml names it; may be repeated."
        ),
    ],
    mode: Annotated[
        Mode, typer.Option(help="native: it writes the language's own script.")
    ] = Mode.native,
    quantisation: Annotated[str, typer.Option(help="Of CTranslate2.")] = "int8",
) -> None:
    """Make a fine-tuned Whisper usable. Prints what belongs into data/speech.yml."""
    from nlu.speech.trainer import convert_command

    finish(convert_command(source, to, language, mode.value, quantisation))


@app.command()
def evaluate(
    manifest: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, help="Tab-separated: file, language, text and service."
        ),
    ],
    model: Annotated[
        str | None, typer.Option(help="Of data/speech.yml, a folder or a hub id.")
    ] = None,
    understand: Annotated[
        bool, typer.Option("--understand", help="Also ask the live model which service it is.")
    ] = False,
    saved_language: Annotated[
        bool, typer.Option("--saved-language", help="As if each citizen's language were known.")
    ] = False,
    details: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Also write one JSON a line, a recording.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Measure a speech model on recordings. Error rates, language, services, speed."""
    from nlu.speech.evaluation import evaluate_command
    from nlu.training.parse import understanding

    ask = None
    if understand:
        try:
            ask = understanding()
        except FileNotFoundError as error:
            typer.echo(str(error), err=True)
            finish(1)
    finish(
        evaluate_command(
            manifest,
            model=model,
            understand=ask,
            saved_language=saved_language,
            details=details,
            json_output=json_output,
        )
    )


@app.command()
def tune(
    manifest: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="Tab-separated: file, language, text."),
    ],
    base: Annotated[str, typer.Option(help="A hub id, or a folder of Hugging Face's form.")],
    to: Annotated[Path, typer.Option(file_okay=False, help="New folder for the model.")],
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the recordings.")] = 5,
    batch: Annotated[int, typer.Option(min=1, help="Recordings a step.")] = 8,
    rate: Annotated[float, typer.Option(help="Learning rate.")] = 1e-5,
    freeze_encoder: Annotated[
        bool, typer.Option("--freeze-encoder", help="Only the decoder learns: half the memory.")
    ] = False,
) -> None:
    """Fine-tune a Whisper on recordings. Keeps the epoch that is best on a tenth held back."""
    import os

    from nlu.speech.trainer import TuningSettings, tune_command

    settings = TuningSettings(epochs=epochs, batch=batch, rate=rate, freeze_encoder=freeze_encoder)
    finish(tune_command(manifest, base, to, settings, threads=os.cpu_count() or 1))
