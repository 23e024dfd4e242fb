"""Made-up catalogues are real catalogues, and the growth command says what it cannot do."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from benchmarks import growth, synthetic_catalogue
from benchmarks.resident_memory import resident_mb
from nlu.catalogue import Catalogue, shared_catalogue
from nlu.catalogue.checker import check_catalogue

DATA = Path(__file__).resolve().parents[2] / "data"
REAL = len(shared_catalogue(DATA).services)
SERVICES, PER_KEY = REAL + 9, 12


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """All real services, and nine made up."""
    folder = tmp_path_factory.mktemp("growth") / "data"
    return synthetic_catalogue.write(DATA, folder, services=SERVICES, per_key=PER_KEY)


def test_catalogue_has_the_size_asked_for(made: Catalogue) -> None:
    """So many services, and so many trained utterances of each key."""
    assert len(made.services) == SERVICES
    for service in made.services.values():
        counts = {key: len(rows) for key, rows in service.utterances.items()}
        assert counts == dict.fromkeys(made.languages.keys, PER_KEY)


def test_catalogue_passes_the_check(made: Catalogue) -> None:
    """Scripts, lengths, no sentence twice: what `seva check` holds real data to."""
    assert check_catalogue(made.root).problems == ()


@pytest.mark.parametrize("key", ["te", "te-Latn", "hi", "hi-Latn", "en"])
def test_made_up_services_have_topics_of_their_own(made: Catalogue, key: str) -> None:
    """A few words that many of its sentences share, and those of other services do not."""
    told_apart = 0
    invented = [s for name, s in made.services.items() if name[-1].isdigit()]
    for service in invented:
        texts = [set(u.text.split()) for u in service.utterances[key]]
        shared = {w for text in texts for w in text if sum(w in t for t in texts) >= PER_KEY / 3}
        others = [s for s in invented if s is not service]
        elsewhere = [{w for u in s.utterances[key] for w in u.text.split()} for s in others]
        told_apart += any(sum(w in words for words in elsewhere) <= 4 for w in shared)
    assert len(invented) == SERVICES - REAL
    assert told_apart >= len(invented) - 1


def test_fewer_services_than_the_source_are_its_first(tmp_path: Path) -> None:
    """Cutting down makes no new sentence."""
    few = synthetic_catalogue.write(DATA, tmp_path / "data", services=2, per_key=PER_KEY)
    assert len(few.services) == 2
    assert all(not name[-1].isdigit() or name == "ror_1b" for name in few.services)


@pytest.mark.parametrize("sizes", ["many", "0", "21;165"])
def test_wrong_sizes_are_wrong_usage(sizes: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and the option's name."""
    with pytest.raises(SystemExit) as stopped:
        growth.main(["--services", sizes])
    assert stopped.value.code == 2
    assert "--services" in capsys.readouterr().err


def test_resident_memory_is_read_from_the_status(tmp_path: Path) -> None:
    """Kilobytes there, megabytes here."""
    status = tmp_path / "status"
    status.write_text("VmPeak:\t  999999 kB\nVmRSS:\t  524288 kB\n", "utf-8")
    assert resident_mb(status) == 512.0


def test_long_output_is_read_whole() -> None:
    """At 520 services the manifest is longer than a pipe holds, and training never ended."""
    program = "import sys; print('Scoring', file=sys.stderr); print('x' * 300_000)"
    output, steps = growth.listened([sys.executable, "-c", program], dict(os.environ))
    assert output.strip() == "x" * 300_000
    assert 0 <= steps["Scoring"] <= steps["end"]


def test_a_failure_says_what_was_said() -> None:
    program = "import sys; sys.exit('no such thing')"
    with pytest.raises(RuntimeError, match="no such thing"):
        growth.listened([sys.executable, "-c", program], dict(os.environ))
