"""Sign-in by the accounts of an OpenID provider (OpenID Connect Core 1.0, code flow with PKCE).

The provider says who somebody is, never what they may do here: an account was invited by its
e-mail first. What the way back needs is sealed in a cookie of the browser that went.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.jose.errors import JoseError
from authlib.oidc.core import CodeIDToken

from api.console.accounts import NotTaken
from nlu.log import describe, get_logger
from nlu.settings.settings import ConsoleSettings
from nlu.storage.sealing import Unreadable, seal, unseal

log = get_logger(__name__)
_SECONDS = 10.0
_LONGEST = 600.0  # seconds between going and coming back
_LEEWAY = 60  # seconds by which clocks may differ
_SIGNED_BY = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures by the provider's own key: `none` and those by our secret are refused."""
_REFUSED, _AWAY = "provider_refused", "provider_away"


@dataclass(frozen=True)
class Started:
    """Where the browser goes, and what it keeps until it is back."""

    address: str
    kept: str


class Provider:
    """The provider of the settings."""

    def __init__(self, issuer: str, client_id: str, secret: str) -> None:
        self._issuer, self._client_id, self._secret = issuer.rstrip("/"), client_id, secret
        self._known: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, settings: ConsoleSettings) -> Provider | None:
        """None where the settings name none."""
        if not settings.console_oidc_issuer:
            return None
        return cls(
            settings.console_oidc_issuer,
            settings.console_oidc_client,
            settings.console_oidc_secret,
        )

    async def begin(self, back: str) -> Started:
        """`back`: the address to come back to. Raises NotTaken where the provider is away."""
        known = await self._metadata()
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        async with self._client(back) as client:
            address, state = client.create_authorization_url(
                known["authorization_endpoint"], nonce=nonce, code_verifier=verifier
            )
        kept = {"state": state, "nonce": nonce, "verifier": verifier, "back": back}
        return Started(address, seal({**kept, "at": time.time()}))

    async def email(self, came: Mapping[str, str], kept: str) -> str:
        """The e-mail that the provider confirmed; `came` is the query of the way back. Raises
        NotTaken for everything that is not as it must be."""
        try:
            mine = unseal(kept)
            fresh = 0 <= time.time() - mine["at"] <= _LONGEST
            same = secrets.compare_digest(mine["state"], came.get("state", ""))
        except (Unreadable, KeyError, TypeError):
            raise NotTaken(_REFUSED) from None
        if not fresh or not same or not came.get("code"):
            raise NotTaken(_REFUSED)
        known = await self._metadata()
        try:
            async with self._client(mine["back"]) as client:
                token = await client.fetch_token(
                    known["token_endpoint"],
                    code=came["code"],
                    code_verifier=mine["verifier"],
                )
            claims = await self._claims(known, token["id_token"], mine["nonce"])
        except httpx.HTTPError as error:
            raise _away(error) from error
        except (OAuthError, JoseError, KeyError, ValueError) as error:
            log.warning("oidc_refused", error=type(error).__name__)
            raise NotTaken(_REFUSED) from None
        email = claims.get("email")
        if not isinstance(email, str) or claims.get("email_verified") is not True:
            raise NotTaken(_REFUSED)
        return email

    async def _claims(self, known: Mapping[str, Any], token: str, nonce: str) -> CodeIDToken:
        keys = JsonWebKey.import_key_set((await _get(known["jwks_uri"])).json())
        claims = JsonWebToken(list(_SIGNED_BY)).decode(
            token,
            key=keys,
            claims_cls=CodeIDToken,
            claims_options={
                "iss": {"essential": True, "value": known["issuer"]},
                "aud": {"essential": True, "value": self._client_id},
            },
            claims_params={"nonce": nonce, "client_id": self._client_id},
        )
        claims.validate(leeway=_LEEWAY)
        return claims

    async def _metadata(self) -> Mapping[str, Any]:
        """What the provider says of itself (OpenID Connect Discovery 1.0), read once."""
        if self._known is None:
            try:
                answer = await _get(f"{self._issuer}/.well-known/openid-configuration")
                known = answer.json()
            except (httpx.HTTPError, ValueError) as error:
                raise _away(error) from error
            if str(known.get("issuer", "")).rstrip("/") != self._issuer:
                log.error("oidc_misconfigured", wrong="the provider names another issuer")
                raise NotTaken(_AWAY)
            self._known = known
        return self._known

    def _client(self, back: str) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            self._client_id,
            self._secret,
            scope="openid email",
            redirect_uri=back,
            code_challenge_method="S256",
            timeout=_SECONDS,
            trust_env=False,
        )


async def _get(address: str) -> httpx.Response:
    """An answer of the provider. Raises httpx.HTTPError. People sign in seldom: no connection is
    kept."""
    async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client:
        answer = await client.get(address)
        return answer.raise_for_status()


def _away(error: Exception) -> NotTaken:
    log.warning("oidc_away", error=describe(error))
    return NotTaken(_AWAY)
