"""Inner products of training rows: sentence vectors beside hashed n-grams."""

from __future__ import annotations

import numpy as np
from scipy import sparse

Rows = tuple[np.ndarray, sparse.csr_matrix]  # dense (n, d) and hashed (n, buckets)

_BLOCK = 512  # rows at a time, to save memory


def kernel(rows: Rows, others: Rows) -> np.ndarray:
    """Inner products (n, m) float32 of `rows` with `others`."""
    found = rows[0].astype(np.float32, copy=False) @ others[0].astype(np.float32, copy=False).T
    turned = others[1].T.tocsr()
    for start in range(0, len(found), _BLOCK):
        found[start : start + _BLOCK] += (rows[1][start : start + _BLOCK] @ turned).toarray()
    return found
