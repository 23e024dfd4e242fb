"""How much memory a process holds that has loaded a model and read some messages.

`python -m benchmarks.resident_memory MODEL DATA` prints one number, in MB.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

MESSAGES = ("కరెంటు బిల్లు", "current bill kattali", "बिजली का बिल", "bijli ka bill", "bus ticket")


def resident_mb(status: Path = Path("/proc/self/status")) -> float:
    """VmRSS of a process, from its status file."""
    line = next(x for x in status.read_text("utf-8").splitlines() if x.startswith("VmRSS"))
    return round(int(line.split()[1]) / 1024, 1)


async def _loaded(model: Path, data: Path) -> float:
    from nlu.engine.rasa_engine import Engine

    engine = await Engine.load(model, data_dir=data)
    for message in MESSAGES:
        await engine.parse(message)
    return resident_mb()


if __name__ == "__main__":
    print(asyncio.run(_loaded(Path(sys.argv[1]), Path(sys.argv[2]))))
