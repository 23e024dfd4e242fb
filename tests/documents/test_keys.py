"""The key ring: made once, rotated with overlap, withdrawn for good."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from actions.documents.key_store import KeyFiles, KeyStore, KeyTable
from actions.documents.keys import (
    KeyRing,
    NoKey,
    PublicKey,
    Rotation,
    decode_base64url,
    encode_base64url,
    key_set,
)
from nlu.storage.keys import Place
from nlu.storage.keys import new_key as new_sealing_key
from tests.documents.link_reader import by_kid, published_keys
from tests.postgres import empty

DAY = 86400
NOW = 1_795_000_000
ROTATION = Rotation(lifetime_days=365, published_ahead_days=7, overlap_days=1)


def store(url: str, folder: Path) -> KeyStore:
    place = Place("", "", folder / "sealing.key", "SEVA_DOCUMENTS_SEALING_KEY")
    return KeyTable(url, place) if url else KeyFiles(folder / "keys")


@pytest.fixture(params=["files", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """Of the database; empty: files."""
    if request.param == "files":
        return ""
    found: str = request.getfixturevalue("postgres")
    empty(found)
    return found


@pytest.fixture
def ring(url: str, tmp_path: Path) -> KeyRing:
    return KeyRing(store(url, tmp_path), ROTATION)


def test_key_is_made_only_where_that_is_allowed(ring: KeyRing) -> None:
    with pytest.raises(NoKey):
        ring.signing_key("revenue", NOW)
    made = ring.signing_key("revenue", NOW, make=True)
    assert ring.signing_key("revenue", NOW).public == made.public


def test_private_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    ring = KeyRing(KeyFiles(tmp_path / "keys"), ROTATION)
    ring.signing_key("revenue", NOW, make=True)
    (pem,) = (tmp_path / "keys").rglob("*.pem")
    assert stat.S_IMODE(pem.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_private_half_in_the_database_is_sealed(postgres: str, tmp_path: Path) -> None:
    empty(postgres)
    KeyRing(store(postgres, tmp_path), ROTATION).signing_key("revenue", NOW, make=True)
    engine = sa.create_engine(postgres)
    with engine.connect() as db:
        (row,) = db.execute(sa.text("SELECT * FROM department_keys")).mappings().all()
    engine.dispose()
    assert "PRIVATE KEY" not in str(dict(row)) and row["sealed"].startswith("gAAAA")
    other = Place(new_sealing_key(), "", tmp_path / "none", "SEVA_DOCUMENTS_SEALING_KEY")
    with pytest.raises(OSError, match="cannot be read"):
        KeyRing(KeyTable(postgres, other), ROTATION).signing_key("revenue", NOW)


def test_departments_have_keys_of_their_own(ring: KeyRing) -> None:
    keys = {d: ring.signing_key(d, NOW, make=True).public for d in ("revenue", "energy")}
    assert keys["revenue"].kid != keys["energy"].kid
    assert {key.department for key in ring.public_keys()} == {"revenue", "energy"}


@pytest.mark.parametrize("department", ["", "../etc", "a/b", "Revenue", "a" * 64, "ఆ"])
def test_department_cannot_leave_the_folder(ring: KeyRing, department: str) -> None:
    with pytest.raises(ValueError):
        ring.signing_key(department, NOW, make=True)
    assert ring.public_keys() == []


def test_rotation_publishes_before_it_signs(ring: KeyRing) -> None:
    old = ring.signing_key("revenue", NOW, make=True).public
    new = ring.rotate("revenue", NOW)
    assert new.not_before == NOW + 7 * DAY
    assert ring.signing_key("revenue", NOW + 7 * DAY - 1).public.kid == old.kid
    assert ring.signing_key("revenue", NOW + 7 * DAY).public.kid == new.kid


def test_rotation_ends_the_old_key_after_the_overlap(ring: KeyRing) -> None:
    old = ring.signing_key("revenue", NOW, make=True).public
    new = ring.rotate("revenue", NOW)
    assert by_kid(ring)[old.kid].not_after == new.not_before + DAY
    assert by_kid(ring)[old.kid].raw == old.raw  # still published: it proves its documents


def test_rotation_leaves_other_departments_alone(ring: KeyRing) -> None:
    energy = ring.signing_key("energy", NOW, make=True).public
    ring.signing_key("revenue", NOW, make=True)
    ring.rotate("revenue", NOW)
    assert by_kid(ring)[energy.kid] == energy


def test_key_that_is_next_stays_next_when_another_is_withdrawn(ring: KeyRing) -> None:
    stolen = ring.signing_key("revenue", NOW, make=True).public
    following = ring.rotate("revenue", NOW)
    ring.withdraw(stolen.kid.hex(), NOW + 1)
    at_once = ring.rotate("revenue", NOW + 1, at_once=True)
    assert ring.signing_key("revenue", NOW + 2).public.kid == at_once.kid
    assert ring.signing_key("revenue", following.not_before).public == following


def test_first_key_by_rotation_begins_at_once(ring: KeyRing) -> None:
    assert ring.rotate("revenue", NOW).not_before == NOW


def test_rotation_at_once_begins_at_once(ring: KeyRing) -> None:
    ring.signing_key("revenue", NOW, make=True)
    new = ring.rotate("revenue", NOW + 1, at_once=True)
    assert ring.signing_key("revenue", NOW + 1).public == new


def test_withdrawn_key_signs_no_more_and_stays_published(ring: KeyRing, tmp_path: Path) -> None:
    stolen = ring.signing_key("revenue", NOW, make=True).public
    withdrawn = ring.withdraw(stolen.kid.hex(), NOW + 5)
    assert withdrawn.withdrawn_at == NOW + 5
    assert ring.public_keys() == [withdrawn]
    assert list((tmp_path / "keys").rglob("*.pem")) == []
    with pytest.raises(NoKey):
        ring.signing_key("revenue", NOW + 6)


def test_withdrawing_again_keeps_the_first_time(ring: KeyRing) -> None:
    stolen = ring.signing_key("revenue", NOW, make=True).public
    ring.withdraw(stolen.kid.hex(), NOW + 5)
    assert ring.withdraw(stolen.kid.hex(), NOW + 9).withdrawn_at == NOW + 5


def test_unknown_key_cannot_be_withdrawn(ring: KeyRing) -> None:
    with pytest.raises(NoKey):
        ring.withdraw("00" * 8, NOW)


def test_expired_key_does_not_sign(ring: KeyRing) -> None:
    ring.signing_key("revenue", NOW, make=True)
    with pytest.raises(NoKey):
        ring.signing_key("revenue", NOW + 366 * DAY)


def test_key_set_is_that_of_the_contract(ring: KeyRing) -> None:
    made = ring.signing_key("revenue", NOW, make=True).public
    published = key_set(ring.public_keys(), "https://verify.example", NOW)
    assert published == {
        "keys": [
            {
                "kid": made.kid.hex(),
                "x": encode_base64url(made.raw),
                "department": "revenue",
                "not_before": NOW,
                "not_after": NOW + 365 * DAY,
                "withdrawn_at": None,
            }
        ],
        "witnesses": [],
        "fetched_for": "https://verify.example",
        "issued_at": NOW,
    }
    assert published_keys(published) == {made.kid: made}


def test_key_under_a_false_name_is_not_read(ring: KeyRing) -> None:
    published = ring.signing_key("revenue", NOW, make=True).public.published()
    with pytest.raises(ValueError, match="not the kid"):
        PublicKey.read({**published, "kid": "00" * 8})


@pytest.mark.parametrize("text", ["a", "ab==", "a+b/", "ab c", "aB", "é"])
def test_base64url_has_one_spelling(text: str) -> None:
    with pytest.raises(ValueError):
        decode_base64url(text)


MAKE = """
import sys
from pathlib import Path
from actions.documents.keys import KeyRing
from tests.documents.test_keys import store
ring = KeyRing(store(sys.argv[1], Path(sys.argv[2])))
print(ring.signing_key("revenue", 1795000000, make=True).public.kid.hex())
"""


def test_two_processes_make_one_key(url: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", MAKE, url, str(tmp_path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    kids = {process.communicate(timeout=60)[0] for process in both}
    assert len(kids) == 1
    assert len(KeyRing(store(url, tmp_path)).public_keys()) == 1
