"""Names of places in free messages: spaCy's matcher finds every listed name, and only there."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import product

from nlu.catalogue import shared_catalogue
from nlu.slots.kinds.places import find_places
from nlu.slots.place_index import common_words, everyday_words
from nlu.text import normalise
from tests.slots.conftest import DATA

CATALOGUE = shared_catalogue(DATA)
STATIONS = CATALOGUE.gazetteers["bus_stations"]
NAMES = sorted(
    (name, place.value)
    for place in STATIONS.places
    for name in (*place.title.values(), *place.forms)
    if name.lower() not in everyday_words() | common_words()
)
AROUND = ["బస్సు కావాలి", "ticket please", "बस का टिकट", "mujhe jana hai", "naku seat"]
_WITHOUT_SPACY = """
import json, sys
from datetime import date
from pathlib import Path
sys.modules["spacy"] = None
from nlu.catalogue import load_catalogue
from nlu.slots import extract, parse
catalogue = load_catalogue(Path("data"))
station, day = catalogue.slot_types["bus_station"], catalogue.slot_types["future_date"]
facts = {"today": date(2026, 11, 25), "catalogue": catalogue}
answer = parse(station, "తిరుపతికి", **facts).value
days = [found.value for found in extract("repu tirupati ki bus", [day], **facts)]
try:
    extract("repu tirupati ki bus", [station], **facts)
    places = "found"
except ImportError:
    places = "not without spaCy"
print(json.dumps([answer, days, places]))
"""


def test_only_places_in_free_messages_need_spacy() -> None:
    """Answers and other kinds are read without it."""
    command = [sys.executable, "-c", _WITHOUT_SPACY]
    done = subprocess.run(command, cwd=DATA.parent, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == ["tirupati", ["2026-11-26"], "not without spaCy"]


def test_every_listed_name_is_found_where_it_stands() -> None:
    missed = []
    for (name, value), around, first in product(NAMES, AROUND, (True, False)):
        said = f"{name}, {around}" if first else f"{around}, {name}"
        text = normalise(said).text
        starts = [hit.start for hit in find_places(STATIONS, text) if hit.value == value]
        if text.index(normalise(name).text) not in starts:
            missed.append((said, value))
    assert missed == []
