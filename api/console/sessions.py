"""Who is signed in: a random token in a cookie, its hash in a table.

A token is made at the sign-in and never before, so nobody can plant one (session fixation). It ends
after a pause, after a day's work, at the sign-out, and when the account is closed.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable

import sqlalchemy as sa

from api.console.accounts import Account, Accounts, token_hash
from api.console.schema import SESSIONS

_SEEN_EVERY = 60.0  # seconds; a page that polls need not write each time


class Sessions:
    """Sessions in the console's tables. Calls block."""

    def __init__(
        self,
        engine: sa.engine.Engine,
        accounts: Accounts,
        *,
        idle_s: float,
        longest_s: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._engine, self._accounts, self._clock = engine, accounts, clock
        self._idle_s, self._longest_s = idle_s, longest_s

    def begin(self, account: Account) -> str:
        """A new session's token."""
        token, now = secrets.token_urlsafe(32), self._clock()
        row = {"token": token_hash(token), "account": account.id, "began_at": now, "seen_at": now}
        with self._engine.begin() as db:
            over = (SESSIONS.c.began_at < now - self._longest_s) | (
                SESSIONS.c.seen_at < now - self._idle_s
            )
            db.execute(SESSIONS.delete().where(over))
            db.execute(SESSIONS.insert().values(**row))
        return token

    def of(self, token: str, *, at_work: bool = True) -> Account | None:
        """Whose session it is. `at_work`: the pause begins anew; not for what a page asks for by
        itself, or a page left open would never be signed out."""
        this, now = SESSIONS.c.token == token_hash(token), self._clock()
        with self._engine.connect() as db:
            row = db.execute(sa.select(SESSIONS).where(this)).mappings().first()
        if row is None:
            return None
        if now - row["seen_at"] > self._idle_s or now - row["began_at"] > self._longest_s:
            self.end(token)
            return None
        account = self._accounts.of(row["account"])
        if account is not None and at_work and now - row["seen_at"] > _SEEN_EVERY:
            with self._engine.begin() as db:
                db.execute(SESSIONS.update().where(this).values(seen_at=now))
        return account

    def end(self, token: str) -> None:
        """Signs out."""
        with self._engine.begin() as db:
            db.execute(SESSIONS.delete().where(SESSIONS.c.token == token_hash(token)))


def form_token(session: str) -> str:
    """What a form of this session carries, so that no other site's page can send one (CSRF)."""
    return hashlib.sha256(b"form:" + session.encode()).hexdigest()


def is_form_token(given: str, session: str) -> bool:
    """Whether a form is of this session."""
    return hmac.compare_digest(given.encode(), form_token(session).encode())
