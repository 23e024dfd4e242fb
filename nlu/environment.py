"""What Rasa, TensorFlow and OpenMP read from the environment when they are imported."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

_QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",  # Rasa's bars of a blink each; read when tqdm is imported
    "TRANSFORMERS_VERBOSITY": "error",
}
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


def prepare_environment(environment: MutableMapping[str, str]) -> None:
    """Quiet libraries, and SEVA_THREADS (default 1, 0 for every core) threads in each of them.

    Variables that are already set win, so that an operator can still change a single one.
    """
    wanted = environment.get("SEVA_THREADS", "1").strip()
    threads = str(os.cpu_count() or 1) if wanted == "0" else wanted or "1"
    for name, value in {**_QUIET, **dict.fromkeys(THREAD_VARIABLES, threads)}.items():
        environment.setdefault(name, value)
