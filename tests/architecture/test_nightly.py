"""Each test runs in `make test` or in `make nightly`, and the docs say in which."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import NIGHTLY_FILES
from tests.processes import ROOT

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TABLE = re.findall(
    r"^\| `(tests/[^`]+)` \|.*\|(.*)\|$",
    (ROOT / "CONTRIBUTING.md").read_text("utf-8"),
    re.MULTILINE,
)
OWN = str(Path(__file__).relative_to(ROOT))
MARK = re.compile(r"pytest\.mark\.nightly|" + "|".join(map(re.escape, NIGHTLY_FILES)))


def marked() -> Iterator[str]:
    """Files that mark tests as nightly."""
    for file in sorted((ROOT / "tests").glob("*/**/*.py")):
        if file.name in NIGHTLY_FILES or MARK.search(file.read_text("utf-8")):
            yield str(file.relative_to(ROOT))


def test_one_of_the_two_commands_runs_each_test() -> None:
    run = dict(
        re.findall(r"^(test|nightly):.*\n\t\$\(PYTEST\) -m (.*) tests$", MAKEFILE, re.MULTILINE)
    )
    assert run == {"test": '"not nightly"', "nightly": "nightly"}


def test_make_help_names_both() -> None:
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"test", "nightly"} <= {line.split()[0] for line in told.stdout.splitlines()}


def test_docs_name_a_quicker_test_for_each_nightly_one() -> None:
    assert {file for file, _ in TABLE} == set(marked()) - {OWN} != set()
    for file, quicker in TABLE:
        others = re.findall(r"`(tests/[^`]+)`", quicker)
        assert "the same" in quicker or others, file
        assert all((ROOT / other).is_file() for other in others), file


@pytest.mark.parametrize("why", ["pytest.skip('no machine')", "pytest.xfail('not yet')"])
def test_nightly_test_that_is_skipped_fails(pytester: pytest.Pytester, why: str) -> None:
    pytester.makeconftest("from tests.conftest import pytest_runtest_makereport")
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.nightly
        def test_long():
            {why}

        def test_short():
            pytest.skip('also')
        """
    )
    pytester.makeini("[pytest]\nmarkers = nightly: long")
    done = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    kept = "xfail" in why
    done.assert_outcomes(failed=0 if kept else 1, xfailed=1 if kept else 0, skipped=1)
