"""A process that makes one write and says what came of it: `caller FOLDER URL OPERATION KEY`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.faults.permits.app import Permits
from tests.faults.permits.place import Place, directory


def main(folder: str, url: str, operation: str, key: str) -> None:
    """Print the outcome and the number."""
    place = Place(Permits(), url, Path(folder), directory(Path(folder), url))
    result = asyncio.run(place.ask(operation, key))
    print(result.outcome, result.reason, result.fields.get("number"), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
