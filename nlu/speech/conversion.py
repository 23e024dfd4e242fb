"""`seva speech convert`: a fine-tuned Whisper of Hugging Face's form, made fit for this program.

CTranslate2's own converter does the work; it needs transformers and torch (dependency group
`training`). Old repositories have the tokenizer only as vocabulary and merges: then the fast form,
which faster-whisper reads, is made of these.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

_COPIED = ("tokenizer.json", "preprocessor_config.json")
QUANTISATION = "int8"


def convert(source: str, folder: Path, *, quantisation: str = QUANTISATION) -> None:
    """Converts `source` (a folder, or a hub id where the hub is reached) to `folder`, all or
    nothing. Raises FileExistsError, and ValueError or OSError with what is wrong with the model.
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
    """What `data/speech.yml` needs to use the model."""
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
    """Converts, and prints what belongs into `data/speech.yml`."""
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
