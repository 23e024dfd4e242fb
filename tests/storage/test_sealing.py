"""What is sealed opens again, with every key that is kept, and says why where it does not."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from nlu.storage import sealing
from nlu.storage.keys import KEY_FILE, add_key, drop_keys, key_place, new_key, read_keys
from nlu.storage.sealing import Unreadable, reseal, seal, unseal


def newest() -> Fernet:
    """The key that seals now, as the file has it."""
    return Fernet(read_keys(key_place()).sealing[0])


def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """When every running process has noticed what an operator did."""
    now = time.monotonic() + sealing.NOTICED_AFTER
    monkeypatch.setattr(sealing.time, "monotonic", lambda: now)


def why(token: str, version: int = 1) -> str:
    """Why a token is unreadable."""
    with pytest.raises(Unreadable) as found:
        unseal(token, version)
    return found.value.why


@pytest.mark.parametrize("value", [{"a": "బిల్లు"}, {}, [], [1, {}], "text", "\ud800", "", 7, None])
def test_sealed_opens_again(value: Any) -> None:
    assert unseal(seal(value)) == value


@pytest.mark.parametrize("value", [{"a": "బిల్లు"}, {}, "text", ""])
def test_what_was_sealed_before_forms_had_versions_still_opens(value: Any) -> None:
    seal({})
    assert unseal(newest().encrypt(json.dumps(value).encode()).decode()) == value


def test_sealing_is_different_each_time() -> None:
    """Equal values cannot be recognised by their tokens."""
    assert seal("499118665246") != seal("499118665246")


@pytest.mark.parametrize("token", ["", "not a token", "gAAAAABnonsense", "टोकन"])
def test_what_is_no_token_is_broken(token: str) -> None:
    """No key will ever open it, so nobody waits for one."""
    assert why(token) == "form"


def test_token_of_another_key_is_unreadable() -> None:
    assert why(Fernet(new_key()).encrypt(b"[1, {}]").decode()) == "key"


def test_form_of_a_newer_version_is_unreadable() -> None:
    assert why(seal({}, version=3), version=2) == "version"
    assert unseal(seal({"old": True}, version=1), version=2) == {"old": True}


@pytest.mark.parametrize("content", [b"{", b"[]", b'["1", {}]', b"\xff"])
def test_other_content_is_unreadable(content: bytes) -> None:
    seal({})
    assert why(newest().encrypt(content).decode()) == "form"


def test_old_keys_open_and_the_newest_seals() -> None:
    """Also in a process that has run since before, once it has looked at the file again."""
    old = seal("old")
    add_key(key_place())
    assert unseal(old) == "old"
    assert unseal(newest().encrypt(b'[1, "new"]').decode()) == "new"
    assert newest().decrypt(seal("now").encode())


def test_running_process_seals_with_a_new_key_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    seal("before")
    add_key(key_place())
    later(monkeypatch)
    assert newest().decrypt(seal("now").encode())


def test_dropped_key_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the next start of a process on: one that runs keeps what it knew."""
    old = seal("old")
    add_key(key_place())
    drop_keys(key_place())
    later(monkeypatch)
    assert newest().decrypt(seal("now").encode())
    assert unseal(old) == "old"
    sealing._known.clear()
    assert why(old) == "key"


def test_running_process_keeps_its_keys_when_the_file_is_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a process that found none and made its own, twice."""
    tokens = [seal("told")]
    for _ in range(2):
        os.unlink(folder / KEY_FILE)
        (folder / KEY_FILE).write_text(f"{new_key()}\n")
        later(monkeypatch)
        tokens.append(seal("more"))
        assert newest().decrypt(tokens[-1].encode())
    assert [unseal(token) for token in tokens] == ["told", "more", "more"]
    again = reseal(tokens[0])
    assert newest().decrypt(again.encode())


@pytest.mark.parametrize("content", [None, b"", b"broken"])
def test_running_process_keeps_its_keys_when_the_file_breaks(
    folder: Path, content: bytes | None
) -> None:
    token = seal("told")
    path = folder / KEY_FILE
    if content is None:
        os.unlink(path)
    else:
        path.write_bytes(content)
    assert why("gAAAAnonsense") == "form"  # looks at the file
    assert unseal(token) == "told"
    assert unseal(seal("more")) == "more"


def test_sealed_again_by_the_newest_wherever_tokens_stand() -> None:
    first, second = seal("one"), seal({"two": 2})
    add_key(key_place())
    text = reseal(f'{{"a": "{first}", "b": ["{second}"], "plain": "gAAAA"}}')
    assert first not in text and second not in text and '"plain": "gAAAA"' in text
    for token in (part for part in text.split('"') if len(part) > 90):
        assert newest().decrypt(token.encode())
    assert reseal(text) == text


def test_what_no_key_opens_is_not_sealed_again() -> None:
    with pytest.raises(Unreadable):
        reseal(Fernet(new_key()).encrypt(b"[1, {}]").decode())
