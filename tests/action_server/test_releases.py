"""The action server follows the live release, and keeps the one that turns still run on."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from rasa_sdk.executor import ActionExecutor

from actions.departments.connector import Connector
from actions.server import releases as module
from actions.server.context import Context, context
from actions.server.releases import KEPT_SECONDS, NotHere, Releases
from actions.server.trampoline import InLoop
from actions.server.webhook import webhook_app
from nlu import canary_pointer, registry
from nlu.action_address import RELEASE, ActionAddress
from nlu.canary_pointer import Canary
from nlu.fast_yaml import load_yaml
from nlu.live import LOCK
from nlu.paths import var_folder
from nlu.storage.file_lock import locked
from nlu.text.lexicon import load_lexicon
from tests.processes import ROOT
from tests.releases import register


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two services, and little talk: what is read in a moment."""
    folder = tmp_path_factory.mktemp("data")
    left_out = ("encoder", "speech_augmentation", "romanisation", "demo", "out_of_scope")
    left_out += ("questions", "talk", "traits")
    ignored = shutil.ignore_patterns(*left_out, "services")
    shutil.copytree(ROOT / "data", folder, ignore=ignored, dirs_exist_ok=True)
    (folder / "services" / "energy").mkdir(parents=True)
    for name in ("electricity_bill_view", "electricity_bill_payment"):
        file = Path("services") / "energy" / f"{name}.yml"
        shutil.copy(ROOT / "data" / file, folder / file)
    return folder


@pytest.fixture(scope="module")
def models(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Release `one`; `two` with another welcome and lexicon, and one department's breaker changed;
    `three` without a service that `one` has."""
    folder = tmp_path_factory.mktemp("models")
    register(folder, "one", data=data)
    two = folder / ".two"
    shutil.copytree(data, two)
    change(two / "phrases.yml", lambda raw: raw["phrases"]["welcome"].update(en="two"))
    change(two / "lexicon" / "names.yml", lambda raw: raw.update(longest_name_words=2))
    change(two / "departments" / "municipal.yml", lambda raw: raw.update(helpline="1"))
    change(two / "departments" / "revenue.yml", lambda raw: raw.update(retry=RETRY))
    register(folder, "two", data=two)
    (two / "services" / "energy" / "electricity_bill_view.yml").unlink()
    register(folder, "three", data=two)
    return folder


pytestmark = pytest.mark.slow  # a catalogue is read two or three times in each
RETRY = {"attempts": 1, "wait_initial": 0.1, "wait_max": 0.2, "jitter": 0.1, "statuses": [503]}


def change(path: Path, how: Callable[[dict[str, Any]], object]) -> None:
    content = load_yaml(path.read_text("utf-8"))
    how(content)
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")


@pytest.fixture
def place(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], None]]:
    """Makes a release live, in a registry of the test's own."""
    own = tmp_path / "models"
    shutil.copytree(models, own, ignore=shutil.ignore_patterns(".two"))
    monkeypatch.delenv("SEVA_DATA_DIR", raising=False)
    monkeypatch.setenv("SEVA_MODELS_DIR", str(own))
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setattr(module, "prepare", lambda catalogue, today: None)
    registry.promote(own, "one")
    yield lambda name: registry.promote(own, name)


def welcome(here: Context) -> str:
    return here.catalogue.phrases["welcome"]["en"]


def longest_name() -> int:
    return int(load_lexicon("names")["longest_name_words"])


async def test_promote_and_rollback_move_the_words_without_a_restart(
    place: Callable[[str], None],
) -> None:
    """Phrases, lexicon and departments of the catalogue; what is not versioned stays the same."""
    releases = Releases()
    first = await releases.begin()
    before = welcome(first)
    for name, words, longest in (("two", "two", 2), ("one", before, longest_name())):
        place(name)
        await releases.look()
        with releases.of_turn() as here:
            assert (here.release.id, welcome(here)) == (name, words)
            assert await asyncio.to_thread(longest_name) == longest
            assert here.resources is first.resources
    await releases.close()


async def test_a_turn_that_began_on_the_old_release_ends_on_it(
    place: Callable[[str], None],
) -> None:
    """In threads and tasks, too; the worker's next turn is on the new one."""
    releases = Releases()
    await releases.begin()
    with releases.of_turn("one") as old:
        place("two")
        await asyncio.create_task(releases.look())
        assert context() is old and await asyncio.to_thread(context) is old
        assert longest_name() != 2
        with releases.of_turn("two"):
            assert welcome(context()) == "two" and longest_name() == 2
    with releases.of_turn("one"):
        assert context() is old
    await releases.close()


async def test_half_a_file_in_the_catalogue_that_is_edited_changes_nothing(
    place: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither at the start nor while it runs: nobody reads that folder."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "data" / "services" / "energy", tmp_path / "data/services/energy")
    (tmp_path / "data" / "languages.yml").write_text("keys: TODO", "utf-8")
    (tmp_path / "data/services/energy/new.yml").write_text("service: TODO", "utf-8")
    releases = Releases()
    assert (await releases.begin()).release.id == "one"
    place("two")
    await releases.look()
    assert releases.live.release.id == "two" and releases.trouble == ""
    await releases.close()


async def test_a_release_that_is_harmed_leaves_the_one_that_serves(
    place: Callable[[str], None], tmp_path: Path
) -> None:
    releases = Releases()
    await releases.begin()
    place("two")
    phrases = tmp_path / "models" / "two" / "data" / "phrases.yml"
    phrases.chmod(0o644)
    phrases.write_text("phrases: {}", "utf-8")
    await releases.look()
    assert releases.live.release.id == "one"
    assert "is not what was registered" in releases.trouble
    await releases.close()


async def test_breakers_and_connections_survive(place: Callable[[str], None]) -> None:
    """A department whose file says the same keeps its connector; one that is described anew keeps
    its breaker; what nobody uses any more is closed."""
    now = 0.0
    releases = Releases(clock=lambda: now)
    first = await releases.begin()
    old = {name: first.departments.connector(name) for name in ("energy", "municipal", "revenue")}
    place("two")
    await releases.look()
    new = {name: releases.live.departments.connector(name) for name in old}
    assert new["energy"] is old["energy"] and new["municipal"] is old["municipal"]
    assert new["revenue"] is not old["revenue"]
    assert new["revenue"]._protection is old["revenue"]._protection
    now = KEPT_SECONDS + 1
    await releases.look()
    assert [_is_closed(one) for one in (*new.values(), old["revenue"])] == [False] * 3 + [True]
    await releases.close()
    assert _is_closed(new["energy"])


def _is_closed(connector: Connector) -> bool:
    return connector._client.is_closed


async def test_a_release_is_kept_as_long_as_it_is_called(place: Callable[[str], None]) -> None:
    """Then it is let go, and would be loaded again if somebody asked for it."""
    now = 0.0
    releases = Releases(clock=lambda: now)
    await releases.begin()
    place("two")
    await releases.look()
    with releases.of_turn("one"):
        now = 2 * KEPT_SECONDS
        await releases.look()
    assert releases.has("one")
    now = 4 * KEPT_SECONDS
    await releases.look()
    assert not releases.has("one")
    await asyncio.wait(releases._fetching.values())
    assert releases.has("one") and releases.live.release.id == "two"
    await releases.close()


async def test_a_canary_is_loaded_at_the_start_and_kept_while_it_is_one(
    place: Callable[[str], None], tmp_path: Path
) -> None:
    """However seldom its citizens write: their turns wait for nothing."""
    now, folder = 0.0, tmp_path / "models"
    canary_pointer.write(folder, Canary("two", 5))
    releases = Releases(clock=lambda: now)
    await releases.begin()
    with releases.of_turn("two") as here, releases.of_turn("one"):
        assert here.release.id == "two" and releases.live.release.id == "one"
    now = 3 * KEPT_SECONDS
    await releases.look()
    assert releases.has("two")
    canary_pointer.write(folder, Canary("three", 5))
    await releases.look()
    await asyncio.gather(*releases._fetching.values())
    assert releases.has("three")
    canary_pointer.write(folder, None)
    now = 6 * KEPT_SECONDS
    await releases.look()
    assert list(releases._kept) == ["one"]
    await releases.close()


@pytest.mark.parametrize("text", ["{", '{"id": "nothing", "percent": 5}'])
async def test_a_canary_that_is_broken_holds_up_no_start(
    place: Callable[[str], None], tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AGAIN", 0.0)
    (tmp_path / "models" / canary_pointer.FILE).write_text(text, "utf-8")
    releases = Releases()
    assert (await releases.begin()).release.id == "one"
    await releases.look()
    assert releases.trouble == ""
    await releases.close()


async def test_an_unknown_release_is_loaded_while_its_turns_wait(
    place: Callable[[str], None],
) -> None:
    """A worker may see the pointer first: 503, which it takes for `away`, never for a failure."""
    releases = Releases()
    await releases.begin()
    executor = ActionExecutor()
    executor.register_function("tells", _tells)
    address = ActionAddress(Path("actions.sock"))
    health = releases.live.health
    app = webhook_app(executor, health, address, "", 10_000, 10, releases)
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    call = {"next_action": "tells", "tracker": {"sender_id": "c"}}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:

        async def told(name: str) -> tuple[int, Any]:
            headers = {RELEASE: name} if name else {}
            answer = await client.post("/webhook", json=call, headers=headers)
            healthy = await client.get("/health", headers=headers, params={"action": ""})
            assert healthy.status_code == answer.status_code
            said = [one["text"] for one in answer.json().get("responses", [])]
            return answer.status_code, said

        assert await told("two") == (503, [])
        await asyncio.wait(releases._fetching.values())
        assert await told("two") == (200, ["two", "two"])
        assert await told("one") == await told("") == (200, ["one", "one"])
        for nonsense in ("../../etc", "nothing"):
            assert (await told(nonsense))[0] == 503
    await releases.close()


async def test_a_release_that_goes_live_is_loaded_in_turn_unless_a_turn_waits_for_it(
    place: Callable[[str], None],
) -> None:
    """A worker's question loads nothing, a worker's call does, and nothing is loaded twice."""
    releases = Releases()
    await releases.begin()
    place("two")
    with locked(var_folder() / LOCK):  # another process loads
        assert not releases.has("two")
        await asyncio.wait(releases._fetching.values())
        await releases.look()
        assert releases.live.release.id == "one" and "another process" in releases.trouble
        assert not releases.has("two")
        await asyncio.wait(releases._fetching.values())
        with pytest.raises(NotHere), releases.of_turn("two"):
            pass
        await asyncio.wait(releases._fetching.values())
        with releases.of_turn("two") as called:
            assert called.release.id == "two"
    await releases.look()
    assert releases.live is called and releases.trouble == ""
    await releases.close()


async def test_a_release_is_kept_for_workers_that_still_have_to_follow(
    place: Callable[[str], None],
) -> None:
    """Also where nobody called it for long before it was replaced."""
    now = 0.0
    releases = Releases(clock=lambda: now)
    await releases.begin()
    now = 2 * KEPT_SECONDS
    place("two")
    await releases.look()
    with releases.of_turn("one") as here:
        assert here.release.id == "one"
    await releases.close()


async def _tells(dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
    """Before and after a call of a department."""
    dispatcher.utter_message(text=context().release.id)
    dispatcher.utter_message(text=await InLoop(_in_the_loop))
    return []


async def _in_the_loop() -> str:
    return context().release.id


async def test_background_work_hears_of_each_new_release(place: Callable[[str], None]) -> None:
    heard: list[str] = []

    async def moved(here: Context) -> None:
        heard.append(here.release.id)

    releases = Releases()
    await releases.begin()
    releases.moved = moved
    for name in ("two", "two", "three"):
        place(name)
        await releases.look()
    assert heard == ["two", "three"]
    await releases.close()


async def test_a_folder_that_is_named_is_read_as_it_is(
    place: Callable[[str], None], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is live; and turns of a worker that runs on a release are refused there."""
    monkeypatch.setenv("SEVA_DATA_DIR", str(data))
    releases = Releases()
    here = await releases.begin()
    assert here.release.id == "folder" and here.catalogue.root == data
    with pytest.raises(NotHere), releases.of_turn("one"):
        pass
    assert not releases._fetching
    with releases.of_turn("folder"):
        assert context() is here
    await releases.close()
