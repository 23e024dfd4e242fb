"""The service catalogue: the only source of truth about services, read from `data/`."""

from __future__ import annotations

from nlu.catalogue.department import (
    Department,
    NumberKind,
    Operation,
    Outcome,
    Timeouts,
    Variable,
    Words,
)
from nlu.catalogue.errors import CatalogueError, Problem
from nlu.catalogue.loader import load_catalogue, read_catalogue, shared_catalogue
from nlu.catalogue.model import (
    Catalogue,
    Choice,
    ConversationIntent,
    Gazetteer,
    LanguageKey,
    Languages,
    Mark,
    Place,
    Service,
    Slot,
    SlotType,
    Utterance,
)

__all__ = [
    "Catalogue",
    "CatalogueError",
    "Choice",
    "ConversationIntent",
    "Department",
    "Gazetteer",
    "LanguageKey",
    "Languages",
    "Mark",
    "NumberKind",
    "Operation",
    "Outcome",
    "Place",
    "Problem",
    "Service",
    "Slot",
    "SlotType",
    "Timeouts",
    "Utterance",
    "Variable",
    "Words",
    "load_catalogue",
    "read_catalogue",
    "shared_catalogue",
]
