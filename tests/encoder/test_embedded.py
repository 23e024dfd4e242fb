"""Which pieces of the vocabulary stay."""

from __future__ import annotations

import pytest

from nlu.encoder.embedded import kept_pieces


@pytest.mark.parametrize(
    ("piece", "kept"),
    [
        *((special, True) for special in ("<s>", "<pad>", "</s>", "<unk>")),
        ("<mask>", False),
        ("▁bill", True),
        ("▁café", True),
        ("▁కరెంటు", True),
        ("ి", True),
        ("▁बिजली", True),
        ("ा", True),
        ("▁2026", True),
        ("౬౧", True),
        ("₹", True),
        ("▁", True),
        ("\u0301", True),
        ("▁счёт", False),
        ("電気", False),
        ("▁மின்", False),
        ("▁ବିଲ", False),
        ("▁billசு", False),
    ],
)
def test_kept_pieces(piece: str, kept: bool) -> None:
    """Telugu, Devanagari, Latin and letterless pieces; a single foreign letter is enough to go."""
    assert kept_pieces([("▁x", 0.0), (piece, 0.0)]) == ([0, 1] if kept else [0])
