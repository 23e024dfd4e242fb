"""Three versions of a store: each beside the one before it, over one, and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nlu.storage.migrations.commands import after_command, before_command, down_command
from nlu.storage.migrations.step import read_steps, statements
from nlu.storage.migrations.store import standing
from nlu.storage.migrations.version import Version, WrongVersion
from tests.migrations.notes import Code, shape


@pytest.fixture
def codes(
    url_of: Callable[[Path], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Code, Code, Code]:
    """The first one has made its tables and written a note."""
    monkeypatch.delenv("SEVA_MIGRATE", raising=False)
    url = url_of(tmp_path / "notes.sqlite")
    one, two, three = (Code(number, tmp_path, url) for number in (1, 2, 3))
    one.start()
    one.write(1, "first")
    return one, two, three


def before(code: Code) -> int:
    return before_command([code.store], dry_run=False)


def after(code: Code) -> int:
    return after_command([code.store], dry_run=False, confirm=lambda _: True)


def down(code: Code, to: int, **how: Any) -> int:
    given = {"after_only": False, "lose_data": False, "dry_run": False, **how}
    return down_command(code.store, to, confirm=lambda _: True, **given)


def test_two_versions_side_by_side_until_the_older_is_gone(
    codes: tuple[Code, Code, Code],
) -> None:
    one, two, _ = codes
    assert before(two) == 0
    for code in (one, two):
        code.start()
    one.write(2, "of the old")
    two.write(3, "of the new")
    assert one.read() == two.read() == ["first", "of the old", "of the new"]
    assert after(two) == 0
    two.start()
    two.write(4, "alone")
    assert two.read()[-1] == "alone"
    with pytest.raises(WrongVersion, match="of a newer Seva"):
        one.start()


def test_an_upgrade_over_a_release(codes: tuple[Code, Code, Code]) -> None:
    """Nobody has to stop at the one between, or to take away while the oldest still runs."""
    one, _, three = codes
    assert before(three) == 0
    assert standing(three.store).version == Version(3, 1)
    one.start()
    one.write(2, "of the old")
    three.write(3, "of the new")
    assert one.read() == three.read()
    assert after(three) == 0
    assert standing(three.store).version == Version(3, 2)
    three.start()
    assert three.read() == ["first", "of the old", "of the new"]


def test_a_version_works_with_steps_of_the_next(codes: tuple[Code, Code, Code]) -> None:
    _, two, three = codes
    before(three)
    two.start()
    two.write(2, "between")
    assert two.read() == three.read() == ["first", "between"]


def test_a_version_refuses_tables_without_what_it_needs(
    codes: tuple[Code, Code, Code], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, _ = codes
    monkeypatch.setenv("SEVA_MIGRATE", "never")
    with pytest.raises(WrongVersion, match=r"`notes` lack what .* `seva migrate before`"):
        two.start()
    assert one.read() == ["first"] and standing(two.store).version == Version(1)


def test_after_waits_for_before(
    codes: tuple[Code, Code, Code], capsys: pytest.CaptureFixture[str]
) -> None:
    _, two, _ = codes
    assert after(two) == 1
    assert "run `seva migrate before` first" in capsys.readouterr().err


def test_the_way_back_keeps_what_was_written(codes: tuple[Code, Code, Code]) -> None:
    one, _, three = codes
    shapes = [shape(one.url)]
    before(three)
    shapes.append(shape(one.url))
    after(three)
    three.say("INSERT INTO notes (id, words) VALUES (2, 'new')")
    assert down(three, 1, after_only=True) == 0
    assert standing(three.store).version == Version(3, 1) and shape(one.url) == shapes[1]
    one.start()
    one.write(3, "old again")
    assert one.read() == ["first", "new", "old again"]
    assert down(three, 1) == 0
    assert standing(three.store).version == Version(1) and shape(one.url) == shapes[0]
    assert one.read() == ["first", "new", "old again"]
    assert before(three) == 0 and three.read() == ["first", "new", "old again"]


def test_a_downgrade_that_would_lose_days_is_refused(
    codes: tuple[Code, Code, Code], capsys: pytest.CaptureFixture[str]
) -> None:
    one, _, three = codes
    before(three)
    three.write(2, "with a day")
    assert down(three, 2) == 1
    assert "1 days of notes" in capsys.readouterr().err
    assert three.say("SELECT COUNT(day) FROM notes") == [(1,)]
    assert down(three, 2, lose_data=True) == 0
    assert standing(one.store).version == Version(2)


def test_an_older_version_cannot_take_back_what_it_does_not_know(
    codes: tuple[Code, Code, Code], capsys: pytest.CaptureFixture[str]
) -> None:
    _, two, three = codes
    before(three)
    assert down(two, 1) == 1
    assert "knows how to go back" in capsys.readouterr().err
    assert standing(three.store).version == Version(3, 1)


def test_nothing_is_changed_by_a_dry_run_or_a_no(
    codes: tuple[Code, Code, Code], capsys: pytest.CaptureFixture[str]
) -> None:
    _, two, _ = codes
    assert before_command([two.store], dry_run=True) == 0
    told = capsys.readouterr().out
    assert "0002 words (before): `text` gets the name `words`" in told
    assert "ALTER TABLE notes ADD COLUMN words TEXT;" in told
    assert standing(two.store).version == Version(1)
    before(two)
    assert after_command([two.store], dry_run=True, confirm=lambda _: True) == 0
    assert after_command([two.store], dry_run=False, confirm=lambda _: False) == 1
    assert standing(two.store).version == Version(2, 1)


def test_a_step_that_fails_is_taken_back_whole(
    codes: tuple[Code, Code, Code], capsys: pytest.CaptureFixture[str]
) -> None:
    one, two, _ = codes
    assert two.tables.folder is not None
    step = two.tables.folder / "0002_words.before.sql"
    text, as_it_was = step.read_text("utf-8"), shape(one.url)
    step.write_text(text.replace("SET words = text", "SET words = nothing_of_that_name"), "utf-8")
    read_steps.cache_clear()
    assert before(two) == 1
    assert "what was begun is taken back" in capsys.readouterr().err
    assert shape(one.url) == as_it_was and standing(two.store).version == Version(1)
    step.write_text(text)
    read_steps.cache_clear()
    assert before(two) == 0 and two.read() == ["first"]


@pytest.mark.parametrize(
    "name, why",
    [
        ("0003_x.before.sql", "pair 0002 needs one `before`"),
        ("0002_x.after.sql", "pair 0002 needs one `before`"),
        ("two.sql", "a step is called"),
    ],
)
def test_steps_that_are_misnamed_are_named(name: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "0001_x.before.sql").write_text("-- upgrade\n")
    (tmp_path / name).write_text("-- upgrade\n")
    with pytest.raises(ValueError, match=why):
        read_steps(tmp_path)


def test_a_statement_without_its_end_is_named() -> None:
    with pytest.raises(ValueError, match="has no end: SELECT 2"):
        statements("SELECT 1;\nSELECT 2", "postgresql")
