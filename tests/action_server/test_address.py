"""Where the action server listens and is called, and what is no such address."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.action_address import ActionAddress, authorization

VAR = Path("/var/lib/seva")


@pytest.mark.parametrize(
    ("url", "address", "base"),
    [
        ("unix", ActionAddress(VAR / "actions.sock"), "http://localhost"),
        ("unix:///run/seva.sock", ActionAddress(Path("/run/seva.sock")), "http://localhost"),
        ("http://127.0.0.1:5055", ActionAddress(None, "127.0.0.1", 5055), "http://127.0.0.1:5055"),
        ("http://actions:80/", ActionAddress(None, "actions", 80), "http://actions:80"),
        ("http://[::1]:5055", ActionAddress(None, "::1", 5055), "http://[::1]:5055"),
    ],
)
def test_address(url: str, address: ActionAddress, base: str) -> None:
    assert ActionAddress.of(url, VAR) == address
    assert address.base_url == base


@pytest.mark.parametrize(
    "url",
    [
        "",
        "unix://actions.sock",
        "unix:///",
        "tcp://127.0.0.1:5055",
        "https://actions:5055",
        "http://127.0.0.1",
        "http://127.0.0.1:x",
        "http://127.0.0.1:5055/webhook",
        "http://u:p@127.0.0.1:5055",
        "/run/actions.sock",
    ],
)
def test_what_is_none_is_named(url: str) -> None:
    with pytest.raises(ValueError, match="SEVA_ACTION_SERVER_URL"):
        ActionAddress.of(url, VAR)


def test_no_header_without_a_secret() -> None:
    assert authorization("") == {}
    assert authorization("s") == {"Authorization": "Bearer s"}
