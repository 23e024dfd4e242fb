"""Word lists of two releases in one process."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
import yaml

from nlu.fast_yaml import load_yaml
from nlu.paths import data_folder, folder_in_use, read_from, reading
from nlu.text.cache import kept
from nlu.text.lexicon import lexicon_cache, load_lexicon

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Lists of which one says something else."""
    shutil.copytree(DATA / "lexicon", tmp_path / "lexicon")
    file = tmp_path / "lexicon" / "names.yml"
    content = load_yaml(file.read_text("utf-8"))
    file.write_text(yaml.safe_dump({**content, "longest_name_words": 99}), "utf-8")
    return tmp_path


def longest() -> int:
    return int(load_lexicon("names")["longest_name_words"])


def test_a_list_is_that_of_the_data_in_use(other: Path) -> None:
    with reading(other):
        assert longest() == 99 and data_folder() == other
    assert longest() != 99 and folder_in_use() is None


def test_a_process_reads_what_it_was_told_and_a_turn_what_it_began_with(other: Path) -> None:
    read_from(other)
    try:
        assert longest() == 99
        with reading(DATA):
            assert longest() != 99
    finally:
        read_from(None)


def test_what_is_kept_is_kept_for_each_release_apart(other: Path) -> None:
    """Both at once, back and forth, each worked out once."""
    made: list[int] = []

    @lexicon_cache(maxsize=1)
    def of_lists() -> int:
        made.append(longest())
        return made[-1]

    @kept(8)
    def of_text(text: str) -> int:
        return longest() + len(text)

    for _ in range(3):
        with reading(DATA):
            here = of_lists(), of_text("a")
        with reading(other):
            assert (of_lists(), of_text("a")) == (99, 100)
        assert here[0] != 99 and here[1] == here[0] + 1
    assert len(made) == 2


def test_a_thread_of_somebody_else_reads_the_process_data(other: Path) -> None:
    """Only tasks and `asyncio.to_thread` go along; other threads must say what they read."""
    found: list[int] = []
    with reading(other):
        thread = threading.Thread(target=lambda: found.append(longest()))
        thread.start()
        thread.join()
    assert found != [99]
