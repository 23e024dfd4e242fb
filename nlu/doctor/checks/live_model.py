"""Checks of the live model: there, whole, and of the catalogue that is meant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nlu import canary_pointer, registry
from nlu.archive import ReleaseRefused
from nlu.doctor.check import Finding, NotLooked, check
from nlu.doctor.deployment import Deployment
from nlu.paths import CATALOGUE

_MARK = "languages.yml"  # every catalogue has one


@check("live-model", "a model is live", "no live model, or a pointer to one that is not there")
def live_model(here: Deployment) -> Iterator[Finding]:
    """Without one messages are taken and wait."""
    folder = here.settings.models_dir
    try:
        live = here.live
    except (ValueError, AttributeError, OSError):
        yield Finding(
            "critical",
            f"{folder / registry.LIVE} cannot be read",
            "no process finds its model: messages wait for an answer",
            "`seva models` lists the models, `seva promote ID` writes the pointer anew",
        )
        return
    if live is None:
        yield Finding(
            "critical",
            f"there is no live model in {folder}",
            "messages are taken and wait, and `/parse` answers 503",
            "`seva train`, then `seva promote ID`; or set SEVA_MODELS_DIR to the registry",
        )
    elif not (folder / live / registry.MANIFEST).is_file():
        yield Finding(
            "critical",
            f"the live model {live} is not in {folder}",
            "what starts now does not load it; what runs goes on until its next start",
            "put its folder back, or `seva promote ID` with one that `seva models` lists",
        )


@check(
    "model-files",
    "the live model is the one that was registered",
    "a changed archive, changed words, or weights and words that do not belong together",
    *("serve", "worker", "actions"),
)
def model_files(here: Deployment) -> Iterator[Finding]:
    """Processes look only when they load it."""
    try:
        registry.Release(here.entry, here.entry / registry.DATA).check()
    except (ReleaseRefused, FileNotFoundError) as error:
        yield Finding(
            "critical",
            _first_line(error),
            "what starts now refuses the model, and messages wait",
            "`seva rollback`, or put the model's folder back from your backup",
        )


@check(
    "canary",
    "the canary can answer its share of the citizens",
    "a pointer to a canary that is gone, changed, or cannot be read",
    *("serve", "worker", "actions"),
)
def canary(here: Deployment) -> Iterator[Finding]:
    """Where it does not load, the live model answers everybody."""
    folder = here.settings.models_dir
    try:
        found = canary_pointer.read(folder)
        if found is not None:
            entry = registry.release_of(folder, found.id).model
            registry.Release(entry, entry / registry.DATA).check()
    except (ReleaseRefused, OSError) as error:
        yield Finding(
            "trouble",
            _first_line(error),
            "the live model answers the citizens of the canary's share",
            "`seva canary --end`, then set it anew with one that `seva models` lists",
        )


@check(
    "model-words",
    "model and catalogue are of one making",
    "`SEVA_DATA_DIR` with another catalogue than the model was trained on, or edits not yet live",
    *("serve", "worker", "actions"),
)
def model_words(here: Deployment) -> Iterator[Finding]:
    """With SEVA_DATA_DIR the words are read as they are, whatever the model knows."""
    entry = here.entry
    own = Path(CATALOGUE).absolute()
    if here.chosen is None:
        if (own / _MARK).is_file() and _differs(own, entry):
            yield Finding(
                "notice",
                f"{own} is not what the live model was trained on",
                "what was edited since is not live: processes read the model's own copy",
                "`seva train`, then `seva promote ID`",
            )
        return
    if not here.chosen.is_dir():
        raise NotLooked("SEVA_DATA_DIR is no folder")
    there, known = registry.services_of(here.chosen), registry.services_of(entry / registry.DATA)
    if there != known:
        yield Finding(
            "critical",
            f"SEVA_DATA_DIR has {len(there - known)} services that the live model does not know, "
            f"and lacks {len(known - there)} that it knows",
            "what starts now refuses both, and messages wait",
            "leave SEVA_DATA_DIR out, or `seva train` and promote what it makes",
        )
    elif _differs(here.chosen, entry):
        yield Finding(
            "trouble",
            "SEVA_DATA_DIR is another catalogue than the live model was trained on",
            "new sentences and slots are not understood, and what is told may not fit the model",
            "`seva train` and promote what it makes, or leave SEVA_DATA_DIR out",
        )


def _differs(folder: Path, entry: Path) -> bool:
    return registry.digest(folder) != registry.read(entry).snapshot


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].partition("; ")[0].partition(". Run")[0]
