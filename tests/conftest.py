"""Which tests run when: `make check` those that are quick, `make test` all but the nightly ones,
`make nightly` these.

Slow are, by folder or file, tests that need Rasa, a model, a browser or several processes. A single
test that waits or computes for a third of a second is marked `slow` where it stands. What takes
minutes is marked `nightly` where it stands, and CONTRIBUTING.md names the quicker test of the same.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from nlu.environment import prepare_environment
from nlu.paths import read_from
from tests.postgres import postgres, url_of

__all__ = ["postgres", "url_of"]

pytest_plugins = ["tests.time_limit"]

prepare_environment(os.environ)  # as `seva` itself: one thread a process, before anything is loaded
# A share of the citizens is asked whether they were understood: not in tests that are about others.
os.environ.setdefault("SEVA_ASK_IF_RIGHT_PERCENT", "0")

# The same cases in every run, so that a change is judged by itself; `pytest
# --hypothesis-profile=random` looks for new ones, and what it finds becomes a test of its own.
hypothesis.settings.register_profile("same", derandomize=True)
hypothesis.settings.register_profile("random", derandomize=False)
hypothesis.settings.load_profile("same")

SLOW_FILES = (
    "test_with_simulator.py",
    "test_worker_life.py",
    "test_pdf.py",
    "test_scanned.py",
    "test_schemathesis.py",
    "test_issuing_killed.py",
    "test_int8_decisions.py",
    "test_embedding.py",
    "test_language_model.py",
    "test_alikeness.py",
    "test_mislabelled.py",
    "test_augmenter.py",
    "test_network.py",
    "test_growth.py",
    "test_grievance_sandbox.py",
    "test_plain_bert.py",
    "test_bert_graph.py",
    "test_labse_size.py",
    "test_server.py",
    "test_train.py",
    "test_language_id.py",
    "test_kinds.py",
    "test_ablation.py",
    "test_department_hostile_values.py",
    "test_department_tls.py",
    "test_adaptation.py",
    "test_sub_words.py",
    "test_crash_safety.py",
    "test_cli.py",
    "test_data.py",
    "test_department_openapi.py",
    "test_bad_requests.py",
    "test_action_process.py",
    "test_01_time.py",
    "test_04_access.py",
    "test_04_counting_up.py",
    "test_06_at_rest.py",
    "test_07_unreadable_rows.py",
    "test_09_hang.py",
    "test_10_others_payments.py",
    "test_11_late_money.py",
    "test_heard.py",
    "test_heartbeat.py",
    "test_hinge.py",
    "test_longest_text.py",
    "test_smoothing.py",
    "test_views.py",
    "test_20_action_server.py",
    "test_department_oauth2.py",
    "test_cosigning.py",
    "test_place_mentions.py",
    "test_language.py",
    "test_load.py",
    "test_21_pages.py",
    "test_listeners.py",
    "test_far_servers.py",
    "test_one_message.py",
    "test_switched_off.py",
    "test_export.py",
    "test_restore_drill.py",
)
NIGHTLY_FILES = ("test_sandbox_schemathesis.py",)
SLOW = (
    "browser",
    "chaos",
    "verification",
    "transparency",
    "conversations",
    "notices",
    "packaging",
    "deploy",
    "speech",
    "sandbox",
    "payments",
    "faults",
    "rasa",
    "migrations",
    "joint",
    "demo",
    "docs",
    "services",
)
SHARED = ("rasa", "conversations", "demo")
"""Folders whose tests share what takes a minute to start: one process runs them all."""
TESTS = Path(__file__).parent


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """`-m "not slow"` does not even import them: that alone would take longer than the others."""
    if config.option.markexpr != "not slow" or not collection_path.is_relative_to(TESTS):
        return None
    return _is_slow(collection_path) or None


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks slow tests and groups them: those of a file, or of a folder in `SHARED`, stay in one
    process. They come first, so that all processes are busy to the end with the short ones."""
    for item in items:
        if item.path.name in NIGHTLY_FILES:
            item.add_marker(pytest.mark.nightly)
        if _is_slow(item.path) or item.get_closest_marker("nightly"):
            item.add_marker(pytest.mark.slow)
            if item.get_closest_marker("xdist_group") is None:
                folder, *_ = inside = item.path.relative_to(TESTS).parts
                group = folder if folder in SHARED else "/".join(inside)
                item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    if item.path.relative_to(TESTS).parts[0] in SHARED:
        return 0
    return 1 if _is_slow(item.path) else 2


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """A nightly test that is skipped counts as failed: nobody would see that it never runs."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail") and item.get_closest_marker("nightly"):
        report.outcome, report.longrepr = "failed", f"nightly, but skipped: {report.longrepr}"


def pytest_collection_finish(session: pytest.Session) -> None:
    """What fast tests imported stays: the garbage collector need not look through it again and
    again. (Slow ones ask it for objects, and it would not find these.)"""
    if session.config.option.markexpr == "not slow":
        gc.freeze()


def pytest_unconfigure() -> None:
    """At its end pytest has the collector look for lost objects five times, and all that Rasa and
    torch imported is still there."""
    gc.freeze()


def _is_slow(path: Path) -> bool:
    inside = path.relative_to(TESTS).parts
    return bool(inside) and (inside[0] in SLOW or inside[-1] in SLOW_FILES)


@pytest.fixture(autouse=True)
def no_release_in_use() -> Iterator[None]:
    """A test may have made this process read one release; the next test reads what it likes."""
    yield
    read_from(None)
