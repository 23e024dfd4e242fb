"""A voice lies on disk only while it is listened to."""

from __future__ import annotations

import stat

import pytest

from nlu.speech.augmentation import voice_file


def test_voice_file_is_private_and_holds_the_recording() -> None:
    with voice_file(b"voice") as path:
        assert path.read_bytes() == b"voice"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_voice_file_is_deleted_even_when_hearing_fails() -> None:
    with pytest.raises(ValueError), voice_file(b"voice") as path:
        raise ValueError
    assert not path.exists()
