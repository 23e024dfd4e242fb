"""Reads the `auth` block of a department: how we prove who we are, secrets from the environment.

A value is plain text or `{env: NAME, default: TEXT}`. Secrets are kept out of every repr.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class ApiKey:
    """A fixed key in a header."""

    header: str
    key: str = field(repr=False)


@dataclass(frozen=True)
class ClientCredentials:
    """OAuth 2.0 client credentials (RFC 6749 section 4.4)."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str
    renew_before: float
    """Seconds before a token's end from which on the next call fetches a new one."""


@dataclass(frozen=True)
class SignatureHeaders:
    """The names of the headers that a signed request carries."""

    signature: str
    key_id: str
    timestamp: str
    nonce: str


@dataclass(frozen=True)
class SigningKey:
    """A shared secret that signs each request; see `actions.departments.signature`."""

    key_id: str
    secret: str = field(repr=False)
    headers: SignatureHeaders


@dataclass(frozen=True)
class ClientCertificate:
    """PEM files of mutual TLS; `ca` signs the department's certificate, None: the system's."""

    certificate: Path
    key: Path
    ca: Path | None


Scheme = ApiKey | ClientCredentials | SigningKey


@dataclass(frozen=True)
class Credentials:
    """What a department knows us by: something in each request, a client certificate, or both."""

    scheme: Scheme | None = None
    certificate: ClientCertificate | None = None


class SettingsBlock:
    """A mapping of a department's file whose values may stand in the environment."""

    def __init__(self, raw: Mapping[str, Any], env: Mapping[str, str]) -> None:
        self._left = dict(raw)
        self._env = env

    def text(self, name: str) -> str:
        """A value that must not be empty. Raises ValueError, which names no value."""
        found = self.optional(name)
        if not found:
            raise ValueError(f"auth `{name}` is not set{self._where(name)}")
        return found

    def optional(self, name: str) -> str:
        """A value, empty where neither the file nor the environment has one."""
        raw = self._left.get(name, "")
        if isinstance(raw, Mapping):
            return str(self._env.get(str(raw.get("env"))) or raw.get("default", ""))
        return str(raw)

    def secret(self, name: str) -> str:
        """A value that may only stand in the environment; a default is for the sandbox."""
        if not isinstance(self._left.get(name), Mapping):
            raise ValueError(f"auth `{name}` is a secret: write {{env: NAME}}")
        return self.text(name)

    def own_variable(self) -> str:
        """The value of a block that is itself `{env, default}`."""
        return SettingsBlock({"key": self._left}, self._env).text("key")

    def block(self, name: str) -> SettingsBlock:
        """A mapping of settings below this one."""
        raw = self._left.get(name)
        if not isinstance(raw, Mapping):
            raise ValueError(f"auth `{name}` must be a mapping")
        return SettingsBlock(raw, self._env)

    def has(self, name: str) -> bool:
        """Whether the file names it."""
        return name in self._left

    def only(self, *names: str) -> None:
        """Raise ValueError for settings that this kind does not have."""
        unknown = sorted(set(self._left) - {"kind", *names})
        if unknown:
            raise ValueError(f"auth has no {', '.join(unknown)}; it has {', '.join(names)}")

    def _where(self, name: str) -> str:
        raw = self._left.get(name)
        return f": set {raw.get('env')}" if isinstance(raw, Mapping) else ""


def read_credentials(auth: Mapping[str, Any], env: Mapping[str, str]) -> Credentials:
    """The credentials of an `auth` block. Raises ValueError for what is missing or unknown."""
    block = SettingsBlock(auth, env)
    if block.text("kind") != "mtls":
        return Credentials(_scheme(block))
    block.only("certificate", "key", "ca", "with")
    ca = block.optional("ca")
    certificate = ClientCertificate(
        Path(block.text("certificate")), Path(block.text("key")), Path(ca) if ca else None
    )
    return Credentials(_scheme(block.block("with")) if block.has("with") else None, certificate)


def read_signing_key(raw: Mapping[str, Any], env: Mapping[str, str]) -> SigningKey:
    """`{key_id, secret, headers}`. Raises ValueError for what is missing or unknown."""
    return _signing_key(SettingsBlock(raw, env))


def _scheme(block: SettingsBlock) -> Scheme:
    kind = block.text("kind")
    if kind not in _SCHEMES:
        raise ValueError(f"auth kind {kind!r} is none of {sorted((*_SCHEMES, 'mtls'))}")
    return _SCHEMES[kind](block)


def _api_key(block: SettingsBlock) -> ApiKey:
    if not block.has("env"):
        block.only("header", "key")
        return ApiKey(block.text("header"), block.secret("key"))
    block.only("header", "env", "default")  # the short form: the key is the block's own variable
    return ApiKey(block.text("header"), block.own_variable())


def _client_credentials(block: SettingsBlock) -> ClientCredentials:
    block.only("token_url", "client_id", "client_secret", "scope", "renew_before")
    return ClientCredentials(
        block.text("token_url"),
        block.text("client_id"),
        block.secret("client_secret"),
        block.optional("scope"),
        float(block.text("renew_before")),
    )


def _signing_key(block: SettingsBlock) -> SigningKey:
    block.only("key_id", "secret", "headers")
    headers, names = block.block("headers"), ("signature", "key_id", "timestamp", "nonce")
    headers.only(*names)
    named = SignatureHeaders(*(headers.text(name) for name in names))
    return SigningKey(block.text("key_id"), block.secret("secret"), named)


_SCHEMES: dict[str, Callable[[SettingsBlock], Scheme]] = {
    "api_key": _api_key,
    "oauth2": _client_credentials,
    "hmac": _signing_key,
}
