"""The `auth` block: what is read, and what is refused with which words."""

from __future__ import annotations

from typing import Any

import pytest

from actions.departments.credentials import ApiKey, ClientCredentials, Credentials, read_credentials

SHORT = {"kind": "api_key", "header": "X-Api-Key", "env": "KEY", "default": "sandbox-key"}
LONG = {"kind": "api_key", "header": "X-Api-Key", "key": {"env": "KEY"}}
OAUTH2 = {
    "kind": "oauth2",
    "token_url": "https://id.example/token",
    "client_id": {"env": "ID", "default": "seva"},
    "client_secret": {"env": "SECRET"},
    "renew_before": 60,
}


@pytest.mark.parametrize(
    ("block", "environment", "scheme"),
    [
        (SHORT, {}, ApiKey("X-Api-Key", "sandbox-key")),
        (SHORT, {"KEY": "k"}, ApiKey("X-Api-Key", "k")),
        (LONG, {"KEY": "k"}, ApiKey("X-Api-Key", "k")),
        (
            OAUTH2,
            {"SECRET": "s"},
            ClientCredentials("https://id.example/token", "seva", "s", "", 60),
        ),
    ],
)
def test_block_is_read(block: dict[str, Any], environment: dict[str, str], scheme: Any) -> None:
    assert read_credentials(block, environment) == Credentials(scheme)


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"kind": "kerberos"}, "none of"),
        ({"header": "X"}, "`kind` is not set"),
        (LONG, "set KEY"),
        ({**LONG, "key": "written-down"}, "is a secret"),
        ({**OAUTH2, "client_secret": "written-down"}, "is a secret"),
        ({**LONG, "cookie": "x"}, "auth has no cookie"),
        ({"kind": "hmac", "key_id": "s", "secret": {"env": "HOME"}, "headers": "X"}, "a mapping"),
        ({"kind": "mtls", "certificate": {"env": "CERT"}}, "set CERT"),
        ({"kind": "mtls", "certificate": "c", "key": "k", "with": {"kind": "mtls"}}, "none of"),
    ],
)
def test_block_that_makes_no_sense_is_refused(block: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        read_credentials(block, {"HOME": "/root"})
    assert "written-down" not in str(refused.value)
