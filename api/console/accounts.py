"""Accounts of the console: made by an invitation, closed for good, never deleted.

An invitation is a link that works once. Who opens it chooses a password and shows that the
telephone makes the right codes. An invitation with an e-mail is for whoever an OpenID provider
says has it; they have no password here. Calls block.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from api.console.credentials import hashed, is_password, new_secret, step_of
from api.console.roles import permissions
from api.console.schema import ACCOUNTS, INVITATIONS, SESSIONS
from nlu.storage.sealing import seal, unseal

_FREE_TRIES = 5
_LONGEST_LOCK = 900.0  # seconds
_DAY = 86400.0


class NotTaken(ValueError):
    """What somebody gave cannot be taken; the message is a key of `sign_in/words.yml`."""


@dataclass(frozen=True)
class Account:
    """Somebody who may come in."""

    id: str
    name: str
    roles: tuple[str, ...]
    departments: tuple[str, ...]
    language: str
    made_at: float = 0.0
    closed_at: float | None = None

    def may(self, permission: str) -> bool:
        """Whether a role of theirs allows it."""
        return permission in permissions(self.roles)


@dataclass(frozen=True)
class Invitation:
    """What an open invitation says. `secret` is for the telephone."""

    name: str
    roles: tuple[str, ...]
    departments: tuple[str, ...]
    secret: str


class Accounts:
    """Accounts and invitations in the console's tables."""

    def __init__(self, engine: sa.engine.Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine, self._clock = engine, clock

    def invite(
        self,
        name: str,
        roles: Sequence[str],
        departments: Sequence[str],
        days: float,
        email: str | None = None,
    ) -> str:
        """The token of a new invitation; one for the same name before it ends. Raises ValueError
        for a name or an e-mail that is taken, and for no name."""
        name = " ".join(name.split())
        if not name:
            raise ValueError("an account needs a name")
        token = secrets.token_urlsafe(32)
        row = {
            "token": token_hash(token),
            "name": name,
            "folded": _folded(name),
            "roles": " ".join(dict.fromkeys(roles)),
            "departments": " ".join(dict.fromkeys(departments)),
            "email": email and _folded(email),
            "secret": None if email else seal(new_secret()),
            "ends_at": self._clock() + days * _DAY,
        }
        with self._engine.begin() as db:
            taken = ACCOUNTS.c.folded == row["folded"]
            before = INVITATIONS.c.folded == row["folded"]
            if row["email"]:
                taken |= ACCOUNTS.c.email == row["email"]
                before |= INVITATIONS.c.email == row["email"]
            if db.execute(sa.select(ACCOUNTS.c.id).where(taken)).first():
                raise ValueError(f"there is an account {email or name!r} already")
            db.execute(INVITATIONS.delete().where(before))
            db.execute(INVITATIONS.insert().values(**row))
        return token

    def invitation(self, token: str) -> Invitation | None:
        """An invitation that can still be used here."""
        this = self._open(token) & INVITATIONS.c.email.is_(None)
        with self._engine.connect() as db:
            found = db.execute(sa.select(INVITATIONS).where(this)).mappings().first()
        return found and Invitation(
            found["name"],
            _split(found["roles"]),
            _split(found["departments"]),
            unseal(found["secret"]),
        )

    def accept(self, token: str, password: str, code: str, language: str) -> Account:
        """Makes the account of an invitation. Raises NotTaken."""
        invited = self.invitation(token)
        if invited is None:
            raise NotTaken("invitation_over")
        step = step_of(code, invited.secret, self._clock())
        if step is None:
            raise NotTaken("wrong_code")
        try:
            kept = hashed(password)
        except ValueError:
            raise NotTaken("weak_password") from None
        made = {"password": kept, "secret": seal(invited.secret), "last_step": step}
        return self._make(self._open(token), language, made)

    def by_email(self, email: str, language: str) -> Account:
        """The account of an e-mail; one that was invited is made. Raises NotTaken."""
        this, email = ACCOUNTS.c.email == _folded(email), _folded(email)
        with self._engine.connect() as db:
            row = db.execute(sa.select(ACCOUNTS).where(this)).mappings().first()
        if row is not None:
            if row["closed_at"] is not None:
                raise NotTaken("not_invited")
            return _account(row)
        is_open = (INVITATIONS.c.email == email) & (INVITATIONS.c.ends_at > self._clock())
        made = {"password": "", "secret": None, "last_step": 0}
        try:
            return self._make(is_open, language, made)
        except NotTaken:
            raise NotTaken("not_invited") from None

    def _make(self, invitation: Any, language: str, more: Mapping[str, Any]) -> Account:
        """The account of an invitation, which is used up. Raises NotTaken."""
        new = {
            "id": secrets.token_hex(8),
            "language": language,
            "made_at": self._clock(),
            "closed_at": None,
            "failures": 0,
            "locked_until": 0.0,
            **more,
        }
        same = ("name", "folded", "email", "roles", "departments")
        with self._engine.begin() as db:
            found = db.execute(sa.select(INVITATIONS).where(invitation)).mappings().first()
            gone = found and db.execute(INVITATIONS.delete().where(invitation)).rowcount
            if not gone:
                raise NotTaken("invitation_over")
            row = {**new, **{name: found[name] for name in same}}
            try:
                db.execute(ACCOUNTS.insert().values(**row))
            except sa.exc.IntegrityError:
                raise NotTaken("invitation_over") from None
        return _account(row)

    def sign_in(self, name: str, password: str, code: str) -> Account:
        """The account, if all three are right. Raises NotTaken, with the same word for whatever
        was wrong. After five wrong tries each takes a longer wait, up to a quarter of an hour."""
        this = ACCOUNTS.c.folded == _folded(name)
        own = ACCOUNTS.c.password != ""
        with self._engine.connect() as db:
            row = db.execute(sa.select(ACCOUNTS).where(this & own)).mappings().first()
        now = self._clock()
        if row is not None and row["locked_until"] > now:
            raise NotTaken("locked")
        right = is_password(password, row["password"] if row else None)
        step = step_of(code, unseal(row["secret"]), now) if row else None
        if row is None:
            raise NotTaken("wrong")
        if not right or step is None or row["closed_at"] is not None:
            self._failed(row, now)
            raise NotTaken("wrong")
        used = {"last_step": step, "failures": 0, "locked_until": 0.0}
        fresh = ACCOUNTS.c.last_step < step  # of two who send the same code one gets in
        with self._engine.begin() as db:
            done = db.execute(ACCOUNTS.update().where(this & fresh).values(**used))
        if not done.rowcount:
            raise NotTaken("wrong")
        return _account(row)

    def _failed(self, row: Mapping[str, Any], now: float) -> None:
        failures = row["failures"] + 1
        beyond = failures - _FREE_TRIES
        wait = min(_LONGEST_LOCK, 2.0 ** min(beyond, 30)) if beyond >= 0 else 0.0
        kept = {"failures": ACCOUNTS.c.failures + 1, "locked_until": now + wait}
        with self._engine.begin() as db:
            db.execute(ACCOUNTS.update().where(ACCOUNTS.c.id == row["id"]).values(**kept))

    def of(self, id: str) -> Account | None:
        """An account that is not closed."""
        this = (ACCOUNTS.c.id == id) & ACCOUNTS.c.closed_at.is_(None)
        with self._engine.connect() as db:
            row = db.execute(sa.select(ACCOUNTS).where(this)).mappings().first()
        return row and _account(row)

    def all(self) -> list[Account]:
        """Every account, closed ones too, by name."""
        with self._engine.connect() as db:
            rows = db.execute(sa.select(ACCOUNTS).order_by(ACCOUNTS.c.folded)).mappings().all()
        return [_account(row) for row in rows]

    def speak(self, id: str, language: str) -> None:
        """The language of their pages from now on."""
        with self._engine.begin() as db:
            this = ACCOUNTS.c.id == id
            db.execute(ACCOUNTS.update().where(this).values(language=language))

    def close(self, name: str) -> Account:
        """Nobody comes in with it any more, who is in is out. Raises KeyError."""
        this = ACCOUNTS.c.folded == _folded(name)
        with self._engine.begin() as db:
            row = db.execute(sa.select(ACCOUNTS).where(this)).mappings().first()
            if row is None:
                raise KeyError(name)
            now = row["closed_at"] or self._clock()
            db.execute(ACCOUNTS.update().where(this).values(closed_at=now))
            db.execute(SESSIONS.delete().where(SESSIONS.c.account == row["id"]))
        return _account(row)

    def _open(self, token: str) -> Any:
        this = INVITATIONS.c.token == token_hash(token)
        return this & (INVITATIONS.c.ends_at > self._clock())


def token_hash(token: str) -> str:
    """What is kept of a token: whoever reads the table cannot use it."""
    return hashlib.sha256(token.encode()).hexdigest()


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _account(row: Mapping[str, Any]) -> Account:
    return Account(
        row["id"],
        row["name"],
        _split(row["roles"]),
        _split(row["departments"]),
        row["language"],
        row["made_at"],
        row["closed_at"],
    )
