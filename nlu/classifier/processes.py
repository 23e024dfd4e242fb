"""Work shared out among processes of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def shared_out(
    work: Callable[..., Any], shares: Iterable[tuple[Any, ...]], workers: int
) -> list[Any]:
    """`work(*share)` of each share, in their order, by `workers` processes that end with it."""
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor

    try:
        return list(Parallel(n_jobs=workers)(delayed(work)(*share) for share in shares))
    finally:
        get_reusable_executor().shutdown(wait=True)  # they would wait for more, with their memory
