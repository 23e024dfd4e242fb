"""A monitor against honest and dishonest logs, over real HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from actions.transparency.commands import ALARM, UNREACHABLE, monitor_command
from actions.transparency.log import Log
from actions.transparency.monitor import Alarm, AlarmKind, Monitor, Seen, WitnessView, say
from actions.transparency.note import NoteError, Signer, open_checkpoint
from actions.transparency.reader import HttpSource, Reader, Unreachable
from actions.transparency.tiles import Tile
from actions.transparency.witness import Witness, create_app
from tests.served import served
from tests.transparency.conftest import ServedLog
from tests.transparency.town import ORIGIN, entries, log_app, rewrite

NAME = "treasury.example/witness"


def monitor(town: ServedLog, tmp_path: Path, **witnesses: WitnessView) -> Monitor:
    """The monitor as it starts each time: all that it knows is in its state folder."""
    folder = tmp_path / "monitor"
    folder.mkdir(exist_ok=True)
    return Monitor(folder, Reader(HttpSource(town.url), town.log.verifier), witnesses)


def alarm(seen: Seen) -> Alarm:
    assert seen.alarm is not None
    return seen.alarm


def test_honest_log_is_followed_as_it_grows(town: ServedLog, tmp_path: Path) -> None:
    for size in (0, 1, 255, 256, 300, 1000, 1000):
        town.log.append_many(entries(size - town.log.size, town.log.size))
        seen = monitor(town, tmp_path).round()
        assert seen.alarm is None
        assert seen.checkpoint is not None and seen.checkpoint.size == size


@pytest.mark.parametrize("size", [1000, 1001, 1300])
def test_rewritten_history_is_told_with_its_place(
    town: ServedLog, tmp_path: Path, size: int
) -> None:
    town.log.append_many(entries(1000))
    monitor(town, tmp_path).round()
    good = town.log.checkpoint()
    rewrite(town.log, [*entries(300), b"forged", *entries(size - 301, 301)])
    found = alarm(monitor(town, tmp_path).round())
    assert found.kind is AlarmKind.rewritten
    assert found.changed == range(256, 512)
    assert [open_checkpoint(s, town.log.verifier).checkpoint.size for s in found.statements] == [
        1000,
        size,
    ]
    assert found.statements[0] == good


def test_alarm_stays_until_the_old_history_is_back(town: ServedLog, tmp_path: Path) -> None:
    town.log.append_many(entries(10))
    monitor(town, tmp_path).round()
    forged = rewrite(town.log, [b"forged", *entries(9, 1)])
    for _ in range(2):
        assert alarm(monitor(town, tmp_path).round()).kind is AlarmKind.rewritten
    rewrite(forged, entries(12))
    assert monitor(town, tmp_path).round().alarm is None


def test_shrunken_log_is_told(town: ServedLog, tmp_path: Path) -> None:
    town.log.append_many(entries(10))
    monitor(town, tmp_path).round()
    rewrite(town.log, entries(9))
    found = alarm(monitor(town, tmp_path).round())
    assert found.kind is AlarmKind.shrunk
    assert (found.fields["before"], found.fields["now"]) == (10, 9)


def test_log_signed_by_another_key_is_told(town: ServedLog, tmp_path: Path) -> None:
    monitor(town, tmp_path).round()
    other = Log.open(tmp_path / "other", origin=ORIGIN)
    watcher = monitor(town, tmp_path)
    town.log.folder.checkpoint.write_text(other.checkpoint(), "utf-8")
    assert alarm(watcher.round()).kind is AlarmKind.unsigned


@pytest.mark.parametrize("tile", [Tile(None, 0), Tile(None, 1, 44)])
@pytest.mark.parametrize("change", [bytes.swapcase, lambda data: data[:-5], None])
def test_entries_that_do_not_fit_the_signature_are_told(
    town: ServedLog, tmp_path: Path, tile: Tile, change: Callable[[bytes], bytes] | None
) -> None:
    town.log.append_many([b"A" * 32] * 300)
    path = town.log.folder.public / tile.path
    if change is None:
        path.unlink()
    else:
        path.write_bytes(change(path.read_bytes()))
    assert alarm(monitor(town, tmp_path).round()).kind is AlarmKind.damaged


def test_witness_that_saw_the_same_agrees(town: ServedLog, tmp_path: Path) -> None:
    town.log.append_many(entries(300))
    witness = Witness.open(tmp_path / "s", tmp_path / "k", town.log.verifier, NAME)
    witness.round(Reader(HttpSource(town.url), town.log.verifier), 1)
    town.log.append_many(entries(7, 300))
    with served(create_app(witness)) as url:
        view = WitnessView(HttpSource(url), witness.verifier)
        assert monitor(town, tmp_path, w=view).round().agree == (NAME,)
    silent = monitor(town, tmp_path, w=view).round()
    assert silent.alarm is None and len(silent.silent) == 1


@pytest.mark.parametrize("size", [300, 307])
def test_split_view_is_told_with_both_statements(
    town: ServedLog, tmp_path: Path, size: int
) -> None:
    """The log shows the treasury one history and the monitor another, both signed by its key."""
    town.log.append_many(entries(300))
    twin = Log.open(tmp_path / "twin", origin=ORIGIN)
    for name in ("log.key", "public/key"):
        (twin.folder.root / name).write_bytes((town.log.folder.root / name).read_bytes())
    twin = rewrite(twin, [b"forged", *entries(299, 1)])
    witness = Witness.open(tmp_path / "s", tmp_path / "k", town.log.verifier, NAME)
    with served(log_app(twin)) as other:
        witness.round(Reader(HttpSource(f"{other}/log"), town.log.verifier), 1)
    town.log.append_many(entries(size - 300, 300))
    with served(create_app(witness)) as url:
        view = WitnessView(HttpSource(url), witness.verifier)
        found = alarm(monitor(town, tmp_path, w=view).round())
    assert found.kind is AlarmKind.split and found.fields["witness"] == NAME
    assert found.statements == (str(witness.latest()), town.log.checkpoint())


def test_entries_held_back_are_told(town: ServedLog, tmp_path: Path) -> None:
    town.log.append_many(entries(20))
    witness = Witness.open(tmp_path / "s", tmp_path / "k", town.log.verifier, NAME)
    witness.round(Reader(HttpSource(town.url), town.log.verifier), 1)
    rewrite(town.log, entries(15))
    with served(create_app(witness)) as url:
        view = WitnessView(HttpSource(url), witness.verifier)
        assert alarm(monitor(town, tmp_path, w=view).round()).kind is AlarmKind.held_back


def test_statement_without_the_witness_own_signature_is_not_believed(
    town: ServedLog, tmp_path: Path
) -> None:
    witness = Witness.open(tmp_path / "s", tmp_path / "k", town.log.verifier, NAME)
    witness.round(Reader(HttpSource(town.url), town.log.verifier), 1)
    with served(create_app(witness)) as url:
        view = WitnessView(HttpSource(url), Signer.new("else.example", 0x04).verifier)
        seen = monitor(town, tmp_path, w=view).round()
    assert seen.agree == () and len(seen.silent) == 1


def test_witness_out_of_reach_is_seen_through_the_log(town: ServedLog, tmp_path: Path) -> None:
    witness = Witness.open(tmp_path / "s", tmp_path / "k", town.log.verifier, NAME)
    signature = witness.add(0, [], town.log.checkpoint(), 1)
    town.log.attach(
        open_checkpoint(town.log.checkpoint(), town.log.verifier).note.text, [signature]
    )
    view = WitnessView(HttpSource("http://127.0.0.1:9"), witness.verifier)
    assert monitor(town, tmp_path, w=view).round().agree == (NAME,)


def test_damaged_state_is_refused(town: ServedLog, tmp_path: Path) -> None:
    town.log.append_many(entries(3))
    monitor(town, tmp_path).round()
    state = tmp_path / "monitor" / "seen.json"
    for broken in ("{", state.read_text("utf-8").replace('"levels": [["', '"levels": [["00')):
        state.write_text(broken, "utf-8")
        with pytest.raises(NoteError, match="damaged"):
            monitor(town, tmp_path)


def test_log_out_of_reach_is_no_alarm(town: ServedLog, tmp_path: Path) -> None:
    gone = Reader(HttpSource("http://127.0.0.1:9"), town.log.verifier)
    with pytest.raises(Unreachable):
        Monitor(tmp_path, gone, {}).round()


@pytest.mark.parametrize("language", ["te", "hi", "en"])
@pytest.mark.parametrize("kind", AlarmKind)
def test_every_alarm_has_words_in_every_language(kind: AlarmKind, language: str) -> None:
    told = {"kid": "K1D", "department": "DEP"}
    fields = {"log": "L0G", "witness": "W1T", "before": 17, "now": 18, **told}
    told = say(Alarm(kind, fields, range(256, 512)), language, Path("file.txt"))
    assert "L0G" in told and "256" in told and "511" in told and "file.txt" in told
    assert "{" not in told


def command(town: ServedLog, tmp_path: Path, *witnesses: str) -> tuple[int, str]:
    said: list[str] = []
    code = monitor_command(
        town.url,
        tmp_path / "state",
        log_key=None,
        witnesses=witnesses,
        every=0,
        once=True,
        language="en",
        as_json=False,
        say=said.append,
    )
    return code, "\n".join(said)


def test_command_says_in_plain_words_what_is_wrong_and_ends_with_one(
    town: ServedLog, tmp_path: Path
) -> None:
    town.log.append_many(entries(600))
    assert command(town, tmp_path)[0] == 0
    rewrite(town.log, [b"forged", *entries(599, 1)])
    code, told = command(town, tmp_path)
    assert code == ALARM
    assert "has rewritten its history" in told and "between the entries 0 and 255" in told
    kept = tmp_path / "state" / "evidence-rewritten-600-600.txt"
    assert str(kept) in told and kept.read_text("utf-8").count(ORIGIN) == 4


def test_command_knows_the_key_of_the_first_time(town: ServedLog, tmp_path: Path) -> None:
    assert command(town, tmp_path)[0] == 0
    other = Log.open(tmp_path / "other", origin=ORIGIN)
    town.log.folder.verifier.write_text(f"{other.verifier}\n", "utf-8")
    town.log.folder.checkpoint.write_text(other.checkpoint(), "utf-8")
    code, told = command(town, tmp_path)
    assert code == ALARM and "not signed by its known key" in told


def test_command_tells_apart_what_cannot_be_reached(tmp_path: Path) -> None:
    gone = ServedLog(Log.open(tmp_path / "log", origin=ORIGIN), "http://127.0.0.1:9")
    assert command(gone, tmp_path)[0] == UNREACHABLE


def test_witness_is_looked_at_before_the_log(town: ServedLog, tmp_path: Path) -> None:
    """Otherwise an honest log seems to hold back what it signed in between."""
    witness = Witness.open(tmp_path / "s", tmp_path / "k", town.log.verifier, NAME)

    class SignsAtOnce:
        def get(self, name: str) -> bytes:
            town.log.append(b"more")
            reader = Reader(HttpSource(town.url), town.log.verifier)
            return str(witness.round(reader, 1)).encode()

    view = WitnessView(SignsAtOnce(), witness.verifier)
    assert monitor(town, tmp_path, w=view).round().agree == (NAME,)


def test_log_that_grows_while_it_is_read_gives_no_false_alarm(
    town: ServedLog, tmp_path: Path
) -> None:
    witness = Witness.open(tmp_path / "s", tmp_path / "k", town.log.verifier, NAME)
    stop = threading.Event()

    def issue() -> None:
        reader = Reader(HttpSource(town.url), town.log.verifier)
        while not stop.is_set():
            town.log.append_many(entries(37, town.log.size))
            witness.round(reader, 1)

    writer = threading.Thread(target=issue)
    try:
        with served(create_app(witness)) as url:
            view = WitnessView(HttpSource(url), witness.verifier)
            witness.round(Reader(HttpSource(town.url), town.log.verifier), 1)
            writer.start()
            for _ in range(30):
                seen = monitor(town, tmp_path, w=view).round()
                assert seen.alarm is None and seen.agree == (NAME,)
    finally:
        stop.set()
        writer.join()
    assert town.log.size > 300
