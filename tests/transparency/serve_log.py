"""A process that serves the log in a folder: `serve_log FOLDER PORT`."""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn

from actions.transparency.log import Log
from tests.transparency.town import log_app

if __name__ == "__main__":
    app = log_app(Log.open(Path(sys.argv[1])))
    uvicorn.run(app, port=int(sys.argv[2]), log_level="error", ws="none")
