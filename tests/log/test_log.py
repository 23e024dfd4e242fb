"""Logs are JSON and hold no words of citizens, whoever writes them."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator

import pytest
import structlog

from nlu.log import citizen_hash, configure_logging, describe, get_logger


@pytest.fixture
def configured() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    settings = structlog.get_config()
    configure_logging("info")
    yield
    root.handlers[:] = before
    root.setLevel(level)
    structlog.configure(**settings)
    logging.getLogger("api").setLevel(logging.NOTSET)


def test_our_lines_are_json(configured: None, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info")
    get_logger("actions.test").info("turn", outcome="answered", words="తెలుగు")
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "turn" and line["words"] == "తెలుగు" and line["level"] == "info"


def test_structured_lines_of_others_lose_their_fields(
    configured: None, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("info")
    structlog.get_logger().warning("message.parsing.failed", user_text="4991 1866 5246")
    structlog.get_logger().info("processor.message.parse", text="4991 1866 5246")
    written = capsys.readouterr()
    assert "message.parsing.failed" in written.err
    assert "4991" not in written.err + written.out


def test_exceptions_of_others_lose_their_message(
    configured: None, capsys: pytest.CaptureFixture[str]
) -> None:
    own = logging.getLogger("uvicorn")  # as a server of the same process leaves it
    own.handlers[:], own.propagate = [logging.StreamHandler()], False
    configure_logging("info")
    try:
        raise ValueError("4991 1866 5246")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("failed")
    line = json.loads(capsys.readouterr().err)
    assert line["error"].startswith("ValueError at ") and "4991" not in str(line)


def test_description_of_an_error_has_no_message() -> None:
    assert describe(KeyError("secret")) == "KeyError"


def test_citizen_is_one_name_per_key() -> None:
    first, second = citizen_hash("k1"), citizen_hash("k2")
    assert first("lane") == first("lane") != second("lane")
    assert "lane" not in first("lane") and len(first("lane")) == 16


def test_traceback_that_is_text_loses_its_message(
    configured: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """As uvicorn writes it when a server cannot start."""
    configure_logging("info")
    try:
        raise ValueError("4991 1866 5246")
    except ValueError:
        logging.getLogger("uvicorn.error").error(traceback.format_exc())
    line = json.loads(capsys.readouterr().err)
    assert line["error"].startswith("ValueError at File ") and "4991" not in str(line)
