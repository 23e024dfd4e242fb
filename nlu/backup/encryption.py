"""Files encrypted in the form of age (https://age-encryption.org/v1), by the library of rage.

Who encrypts needs only public keys, so the machine that makes backups cannot read them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import pyrage
from pyrage import x25519

from nlu.backup.errors import BackupError

_SCRYPT = b"\n-> scrypt "
_HEAD = b"age-encryption.org/v1\n"


def read_recipients(path: Path) -> list[Any]:
    """Public keys (`age1...`), one a line; `#` begins a comment. Raises BackupError."""
    return _read(path, x25519.Recipient.from_str, "recipient (age1...)")


def read_identities(path: Path) -> list[Any]:
    """Secret keys (`AGE-SECRET-KEY-1...`), as age-keygen writes them. Raises BackupError."""
    return _read(path, x25519.Identity.from_str, "identity (AGE-SECRET-KEY-1...)")


def new_identity() -> tuple[str, str]:
    """A secret key and its public key."""
    made = x25519.Identity.generate()
    return str(made), str(made.to_public())


def _read(path: Path, parse: Callable[[str], Any], what: str) -> list[Any]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BackupError(f"{path} cannot be read: {error}") from error
    found = []
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        try:
            found.append(parse(text))
        except (pyrage.RecipientError, pyrage.IdentityError):
            raise BackupError(f"{path}:{number} is no {what}") from None
    if not found:
        raise BackupError(f"{path} holds no {what}")
    return found


def check_form(path: Path) -> None:
    """Raises BackupError for a file that is not in the form of age, or was encrypted with a
    passphrase: what that costs is measured on the machine that encrypts, and a slower or busier one
    refuses it, which is no way to keep what must come back."""
    try:
        with path.open("rb") as file:
            head = file.read(128)
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}") from error
    if not head.startswith(_HEAD):
        raise BackupError(f"{path} is no backup: it is not in the form of age")
    if _SCRYPT in head:
        raise BackupError(f"{path} was encrypted with a passphrase, not by `seva backup`")


def encrypt(write: Callable[[BinaryIO], None], target: BinaryIO, recipients: Sequence[Any]) -> None:
    """Encrypts what `write` writes, while it does. What `write` raises is raised."""
    reading, writing = os.pipe()
    failed: list[BaseException] = []

    def fill() -> None:
        try:
            with os.fdopen(writing, "wb") as pipe:
                write(pipe)
        except BaseException as error:  # belongs to the caller
            failed.append(error)

    thread = threading.Thread(target=fill, name="backup")
    with os.fdopen(reading, "rb") as source:
        thread.start()
        try:
            pyrage.encrypt_io(source, target, recipients)
        except BaseException:
            source.close()  # or the other thread would wait for ever
            raise
        finally:
            thread.join()
    if failed:
        raise failed[0]


@contextmanager
def decrypted(path: Path, identities: Sequence[Any]) -> Iterator[BinaryIO]:
    """What a file holds, read from its beginning to its end. Raises BackupError: for another key at
    once, for damage when it is met, at the end at the latest."""
    reading, writing = os.pipe()
    failed: list[Exception] = []

    def fill() -> None:
        with suppress(BrokenPipeError), os.fdopen(writing, "wb") as pipe, path.open("rb") as file:
            try:
                pyrage.decrypt_io(file, pipe, identities)
            except BrokenPipeError:
                pass
            except Exception as error:
                failed.append(error)

    thread = threading.Thread(target=fill, name="restore")
    with os.fdopen(reading, "rb") as source:
        thread.start()
        try:
            yield source
            while source.read(1 << 20):  # damage behind the last part is damage, too
                pass
        except Exception as error:
            source.close()
            thread.join()
            raise _told(path, failed[0]) if failed else error from None
        finally:
            source.close()
            thread.join()
    if failed:
        raise _told(path, failed[0])


def _told(path: Path, error: Exception) -> BackupError:
    if isinstance(error, pyrage.DecryptError):
        return BackupError(
            f"{path} was encrypted for other keys than these: give the identity whose recipient "
            "stood in the file of recipients (--identity)"
        )
    return BackupError(f"{path} is damaged: nothing was restored from it")


def encrypt_bytes(content: bytes, recipients: Sequence[Any]) -> bytes:
    """In memory."""
    return bytes(pyrage.encrypt(content, recipients))


def decrypt_bytes(path: Path, identities: Sequence[Any]) -> bytes:
    """The other way. Raises BackupError."""
    try:
        return bytes(pyrage.decrypt(path.read_bytes(), identities))
    except pyrage.DecryptError as error:
        raise _told(path, error) from None
