"""Opens the review in the databases that the settings name."""

from __future__ import annotations

from api.inbox.open import open_databases
from api.review.store import Review
from nlu.settings.groups import State


def open_review(settings: State) -> Review:
    """Raises as `open_databases`."""
    return Review(open_databases(settings), twice_percent=settings.review_twice_percent)
