"""What a setting's text may look like: types that refuse, in one sentence, what they are not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet
from pydantic import ConstrainedInt

Check = Callable[[str], str]


class Port(ConstrainedInt):
    """A TCP port; what 0 means is said by the setting."""

    ge, le = 0, 65535


class Address(str):
    """An absolute http or https URL, or nothing."""

    @classmethod
    def __get_validators__(cls) -> Iterator[Check]:
        """For pydantic."""
        yield cls.checked

    @classmethod
    def checked(cls, value: str) -> str:
        """Raises ValueError."""
        if value and not is_address(value):
            raise ValueError("is no http:// or https:// address")
        return value


class Addresses(Address):
    """Several of them, blanks between."""

    @classmethod
    def checked(cls, value: str) -> str:
        """Raises ValueError."""
        for one in value.split():
            Address.checked(one)
        return value


class DatabaseUrl(str):
    """A SQLite file, `sqlite` or nothing for the usual one, `sqlite:///PATH`, or a database of
    PostgreSQL."""

    form = re.compile(r"(sqlite(://(/.+)?)?|postgresql(\+[a-z0-9]+)?://.+)?")

    @classmethod
    def __get_validators__(cls) -> Iterator[Check]:
        """For pydantic."""
        yield cls.checked

    @classmethod
    def checked(cls, value: str) -> str:
        """Raises ValueError, which does not repeat a password."""
        if not cls.form.fullmatch(value):
            raise ValueError("is no address of a database that Seva can use")
        return value


class DatabaseUrls(DatabaseUrl):
    """One of them, or several databases of PostgreSQL, blanks between, which share the lanes."""

    @classmethod
    def checked(cls, value: str) -> str:
        """Raises ValueError, which does not repeat a password."""
        several = value.split()
        for one in several:
            DatabaseUrl.checked(one)
        if len(several) > 1 and not all(one.startswith("postgresql") for one in several):
            raise ValueError("names several databases, and not all are PostgreSQL")
        if len(set(several)) < len(several):
            raise ValueError("names a database twice")
        return value


class SealingKeys(str):
    """Keys of Fernet, commas between, or nothing."""

    @classmethod
    def __get_validators__(cls) -> Iterator[Check]:
        """For pydantic."""
        yield cls.checked

    @classmethod
    def checked(cls, value: str) -> str:
        """Raises ValueError, which does not repeat the key."""
        for key in split_list(value):
            try:
                Fernet(key)
            except ValueError:
                raise ValueError("is no key: 32 random bytes in URL-safe base64") from None
        return value


class Zone(str):
    """A name of the time zone database, or nothing."""

    @classmethod
    def __get_validators__(cls) -> Iterator[Check]:
        """For pydantic."""
        yield cls.checked

    @classmethod
    def checked(cls, value: str) -> str:
        """Raises ValueError."""
        try:
            ZoneInfo(value or "UTC")
        except (OSError, ValueError, KeyError):
            raise ValueError("is no time zone, such as Asia/Kolkata") from None
        return value


class Level(str):
    """A level of logging, in any case."""

    @classmethod
    def __get_validators__(cls) -> Iterator[Check]:
        """For pydantic."""
        yield cls.checked

    @classmethod
    def checked(cls, value: str) -> str:
        """Raises ValueError."""
        if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value


def is_address(value: str) -> bool:
    """Whether it is an absolute http or https URL."""
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def split_list(value: str) -> tuple[str, ...]:
    """Parts of a comma-separated setting, without blanks and repeats."""
    return tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
