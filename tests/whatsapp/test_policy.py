"""What is done about WhatsApp's errors, as data says."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.whatsapp.policy import load_policy

POLICY = load_policy(Path("data/whatsapp.yml"))


@pytest.mark.parametrize(
    ("code", "action"),
    [
        (130429, "retry"),
        (131056, "wait"),
        (131047, "park"),
        (131026, "final"),
        (131049, "final"),
        (131048, "alert"),
        (131057, "retry"),
        (131016, "retry"),
        (131000, "retry"),
        (131062, "phone"),
        (190, "alert"),
        (10, "alert"),
        (200, "alert"),
        (299, "alert"),
        (131051, "final"),
    ],
)
def test_known_code(code: int, action: str) -> None:
    assert POLICY.action(code, 400) == action


@pytest.mark.parametrize(
    ("status", "action"), [(500, "retry"), (503, "retry"), (429, "retry"), (400, "final")]
)
def test_unknown_code_goes_by_http_status(status: int, action: str) -> None:
    assert POLICY.action(999999, status) == action
    assert POLICY.action(None, status) == action


def test_waits() -> None:
    assert [POLICY.wait("wait", n) for n in (1, 2, 3, 9)] == [4, 16, 64, 1024]
    assert POLICY.wait("retry", 1) < POLICY.wait("retry", 3)
    assert POLICY.wait("retry", 99) == POLICY.retry.send.wait[-1]


def test_unknown_action_is_refused(tmp_path: Path) -> None:
    text = Path("data/whatsapp.yml").read_text("utf-8").replace("do: park", "do: hope")
    (tmp_path / "whatsapp.yml").write_text(text, "utf-8")
    with pytest.raises(ValueError, match="hope"):
        load_policy(tmp_path / "whatsapp.yml")
