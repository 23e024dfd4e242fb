"""Writes the pictures of the console in docs/images: real pages, as the browser tests open them.

python docs/make_console_pictures.py [FOLDER]

FOLDER gets every picture that the tests take, of each page in three sizes, to be looked at.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
TESTS = (
    "tests/console/test_review_in_chromium.py",
    "tests/console/test_catalogue_in_chromium.py",
    "tests/console/test_models_in_chromium.py",
    "tests/console/test_reports_in_chromium.py",
    "tests/desk/test_in_chromium.py",
)
PICTURES = {
    "console-review": "console-review-office-en-light",
    "console-review-te": "console-review-phone-te-dark",
    "console-catalogue": "console-catalogue-change-office-te-light",
    "console-desk": "desk-talk-office",
    "console-desk-hi": "desk-case-phone-hi-light",
    "console-models": "console-models-candidate-office-en-light",
    "console-reports": "console-report-office-en-light",
}
"""Picture in the docs -> picture of a test."""
_WIDEST, _HIGHEST = 1366, 1400


def main() -> int:
    """Runs the tests that take pictures, and keeps those that the docs show."""
    with tempfile.TemporaryDirectory() as own:
        folder = sys.argv[1] if len(sys.argv) > 1 else own
        environ = {**os.environ, "SEVA_SCREENSHOTS": folder}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS]
        code = subprocess.run(command, cwd=ROOT, env=environ).returncode
        taken = {file.stem: file for file in Path(folder).glob("*.png")}
        for name, test in PICTURES.items():
            if test not in taken:
                print(f"no test took {test}", file=sys.stderr)
                return 1
            picture = Image.open(taken[test]).convert("RGB")
            picture = picture.crop(
                (0, 0, min(picture.width, _WIDEST), min(picture.height, _HIGHEST))
            )
            picture.quantize(128).save(IMAGES / f"{name}.png", optimize=True)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
