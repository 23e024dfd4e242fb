"""A team's own Whisper: `seva speech tune` fine-tunes one, `seva speech convert` makes it usable.

`tune` minimises the cross-entropy of what was said after Whisper's own start tokens (Radford et al.
2022, arXiv 2212.04356), with AdamW, warm-up and linear decay. It keeps the epoch with the lowest
loss on the recordings that are held back.

`convert` uses CTranslate2's own converter. Old repositories hold the tokenizer only as vocabulary
and merges; then it makes the fast form, which faster-whisper reads.

Both need torch and transformers (dependency group `training`).
"""

from __future__ import annotations

import copy
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlu.speech.audio import SAMPLE_RATE, read_audio
from nlu.speech.errors import SpeechError
from nlu.speech.evaluation import ManifestError, Recording, read_manifest
from nlu.speech.settings import load_settings

WINDOW_SECONDS = 30  # Whisper hears at most so much at once
MOST_TOKENS = 448  # and writes at most so many
_IGNORED = -100  # torch ignores a label with this value
_FEW = 10  # with fewer recordings none is held back
Say = Callable[[str], None]
_COPIED = ("tokenizer.json", "preprocessor_config.json")
QUANTISATION = "int8"


@dataclass(frozen=True)
class TuningSettings:
    """How to fine-tune. `rate` is AdamW's; `held_back` is the share that chooses the epoch.

    With `freeze_encoder` only the decoder learns. That takes half the memory and is better with few
    recordings.
    """

    epochs: int = 5
    batch: int = 8
    rate: float = 1e-5
    warm_up: float = 0.1
    held_back: float = 0.1
    freeze_encoder: bool = False
    seed: int = 11


@dataclass(frozen=True)
class Tuned:
    """Result of a tuning: mean losses per token before and after, the epoch that was kept, and the
    recordings that were left out.

    Losses are those on the recordings held back, or on all if none is. Epoch 0 means that no epoch
    was better than the original model.
    """

    before: float
    after: float
    epoch: int
    left_out: tuple[Path, ...]


@dataclass(frozen=True)
class _Row:
    features: np.ndarray  # (mel bins, frames)
    tokens: list[int]


def tune(
    recordings: Sequence[Recording],
    source: str,
    folder: Path,
    settings: TuningSettings | None = None,
    *,
    threads: int = 1,
    say: Say | None = None,
) -> Tuned:
    """Fine-tunes `source` (a folder in Hugging Face's form, or a hub id) and writes `folder`.

    Recordings of more than 30 s and texts of more than 448 tokens are left out. Raises
    FileExistsError, SpeechError for a recording that cannot be read, and ValueError if none is
    left.
    """
    import torch
    from transformers import (
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperTokenizerFast,
    )

    settings, say = settings or TuningSettings(), say or (lambda line: None)
    if folder.exists():
        raise FileExistsError(f"{folder} is there already; name another folder or delete it")
    torch.manual_seed(settings.seed)
    torch.set_num_threads(threads)
    network = WhisperForConditionalGeneration.from_pretrained(source)
    tokenizer = WhisperTokenizerFast.from_pretrained(source)
    extractor = WhisperFeatureExtractor.from_pretrained(source)
    say(f"Reading {len(recordings)} recordings")
    rows, left_out = _rows(recordings, tokenizer, extractor)
    if not rows:
        raise ValueError("no recording is left to learn from")
    chance = random.Random(settings.seed)
    chance.shuffle(rows)
    held = rows[: round(len(rows) * settings.held_back)] if len(rows) >= _FEW else []
    learned = rows[len(held) :]
    if settings.freeze_encoder:
        network.model.encoder.requires_grad_(False)
    judged = held or learned
    before = best = _loss(network, judged, settings.batch)
    kept, weights = 0, copy.deepcopy(network.state_dict())
    say(f"loss before {before:.3f}")
    for epoch in _epochs(network, learned, settings, chance):
        loss = _loss(network, judged, settings.batch)
        say(f"epoch {epoch}/{settings.epochs}, loss {loss:.3f}")
        if loss < best:
            best, kept, weights = loss, epoch, copy.deepcopy(network.state_dict())
    network.load_state_dict(weights)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        for part in (network, tokenizer, extractor):
            part.save_pretrained(Path(work) / "model")
        os.replace(Path(work) / "model", folder)
    return Tuned(before, best, kept, tuple(left_out))


def tune_command(
    manifest: Path, base: str, folder: Path, settings: TuningSettings, *, threads: int
) -> int:
    """`seva speech tune`. Returns 0, or 1 if manifest, recording or model are at fault."""
    from rich.console import Console

    console = Console(stderr=True)
    try:
        recordings = read_manifest(manifest)
        with console.status("Tuning"):
            tuned = tune(recordings, base, folder, settings, threads=threads, say=console.print)
    except ImportError as error:
        print(f"{error}: `uv sync --group training` installs what is needed", file=sys.stderr)
        return 1
    except (ManifestError, SpeechError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    for file in tuned.left_out:
        print(f"left out, too long: {file}", file=sys.stderr)
    print(f"loss {tuned.before:.3f}, after epoch {tuned.epoch} {tuned.after:.3f}")
    languages = " ".join(f"--language {code}" for code in sorted({r.language for r in recordings}))
    print(f"next: seva speech convert {folder} --to {folder}-int8 {languages}")
    return 0


def convert(source: str, folder: Path, *, quantisation: str = QUANTISATION) -> None:
    """Converts `source` (a folder, or a hub id if the hub can be reached) to `folder`.

    A failure leaves no folder behind. Raises FileExistsError, and ValueError or OSError if
    something is wrong with the model.
    """
    from ctranslate2.converters import TransformersConverter
    from transformers import AutoConfig, WhisperTokenizerFast

    if folder.exists():
        raise FileExistsError(f"{folder} is there already; name another folder or delete it")
    config = AutoConfig.from_pretrained(source)
    if config.model_type != "whisper":
        raise ValueError(f"{source} is a {config.model_type} model, not a Whisper")
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".converting-"))
    try:
        made = work / "model"
        TransformersConverter(source).convert(str(made), quantization=quantisation)
        WhisperTokenizerFast.from_pretrained(source).backend_tokenizer.save(
            str(made / "tokenizer.json")
        )
        if Path(source).is_dir():
            for name in _COPIED:
                if (Path(source) / name).is_file():
                    shutil.copy(Path(source) / name, made / name)
        os.replace(made, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def entry(name: str, folder: Path, languages: Sequence[str], mode: str) -> str:
    """The lines that `data/speech.yml` needs to use the model."""
    told = ", ".join(f"{language}: {name}" for language in languages)
    return (
        f"model_of_language: {{{told}}}\n"
        "models:\n"
        f"  {name}:\n"
        f"    source: {folder.absolute()}\n"
        f"    mode: {mode}\n"
        f"    languages: [{', '.join(languages)}]\n"
        "    licence: unknown    # see the model's card\n"
    )


def convert_command(
    source: str, folder: Path, languages: Sequence[str], mode: str, quantisation: str
) -> int:
    """`seva speech convert`. It prints the lines that belong into `data/speech.yml`."""
    try:
        convert(source, folder, quantisation=quantisation)
    except ImportError as error:
        print(f"{error}: `uv sync --group training` installs what is needed", file=sys.stderr)
        return 1
    except (OSError, ValueError, RuntimeError) as error:
        print(f"{source}: {error}", file=sys.stderr)
        return 1
    print("# into data/speech.yml:")
    print(entry(folder.name, folder, languages, mode), end="")
    return 0


def _rows(
    recordings: Sequence[Recording], tokenizer: Any, extractor: Any
) -> tuple[list[_Row], list[Path]]:
    """Features and tokens of the recordings, and the files that were left out."""
    speech = load_settings()
    rows, left_out = [], []
    for recording in recordings:
        try:
            samples = read_audio(recording.file, speech)
        except SpeechError as error:
            raise SpeechError(error.code, f"{recording.file}: {error}") from error
        tokenizer.set_prefix_tokens(
            language=recording.language, task="transcribe", predict_timestamps=False
        )
        tokens = tokenizer(recording.text.strip()).input_ids
        if len(samples) > WINDOW_SECONDS * SAMPLE_RATE or len(tokens) > MOST_TOKENS:
            left_out.append(recording.file)
            continue
        features = extractor(samples, sampling_rate=SAMPLE_RATE, return_tensors="np")
        rows.append(_Row(features.input_features[0], tokens))
    return rows, left_out


def _batch(rows: Sequence[_Row]) -> dict[str, Any]:
    """Arguments of the network: features, all tokens but the last, and all but the first."""
    import torch

    longest = max(len(row.tokens) for row in rows) - 1
    given = np.full((len(rows), longest), rows[0].tokens[-1], np.int64)
    wanted = np.full((len(rows), longest), _IGNORED, np.int64)
    for at, row in enumerate(rows):
        given[at, : len(row.tokens) - 1] = row.tokens[:-1]
        wanted[at, : len(row.tokens) - 1] = row.tokens[1:]
    return {
        "input_features": torch.from_numpy(np.stack([row.features for row in rows])),
        "decoder_input_ids": torch.from_numpy(given),
        "labels": torch.from_numpy(wanted),
    }


def _loss(network: Any, rows: Sequence[_Row], size: int) -> float:
    """Mean loss over the tokens of all rows."""
    import torch

    network.eval()
    total, tokens = 0.0, 0
    with torch.no_grad():
        for at in range(0, len(rows), size):
            part = rows[at : at + size]
            count = sum(len(row.tokens) - 1 for row in part)
            total += float(network(**_batch(part)).loss) * count
            tokens += count
    return total / tokens


def _epochs(
    network: Any, rows: list[_Row], settings: TuningSettings, chance: random.Random
) -> Iterator[int]:
    """Trains the network and yields the number of each finished epoch."""
    import torch

    learned = [p for p in network.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(learned, lr=settings.rate)
    steps = settings.epochs * -(-len(rows) // settings.batch)
    warm = max(1, round(settings.warm_up * steps))

    def factor(step: int) -> float:
        return min((step + 1) / warm, (steps - step) / max(1, steps - warm))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, factor)
    for epoch in range(1, settings.epochs + 1):
        network.train()
        chance.shuffle(rows)
        for at in range(0, len(rows), settings.batch):
            network(**_batch(rows[at : at + settings.batch])).loss.backward()
            torch.nn.utils.clip_grad_norm_(learned, 1.0)
            optimiser.step()
            optimiser.zero_grad()
            schedule.step()
        yield epoch
