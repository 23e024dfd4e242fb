"""An OpenID provider for tests: it confirms whomever a test names, rightly or wrongly."""

from __future__ import annotations

import hashlib
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from authlib.jose import JsonWebKey, jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "seva", "secret-of-seva"


@dataclass
class OpenId:
    """`claims` go over those that a good provider gives; `signed` may sign otherwise."""

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    alg: str = "RS256"
    is_down: bool = False
    asked: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.key = JsonWebKey.generate_key("RSA", 2048, {"kid": "1"}, is_private=True)
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.metadata),
                Route("/keys", self.keys),
                Route("/authorize", self.authorize),
                Route("/token", self.token, methods=["POST"]),
            ]
        )

    async def metadata(self, request: Request) -> Response:
        if self.is_down:
            return Response(status_code=503)
        ends = {"authorization_endpoint": "authorize", "token_endpoint": "token"}
        told = {name: f"{self.issuer}/{path}" for name, path in ends.items()}
        return JSONResponse({"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys", **told})

    async def keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(is_private=False)]})

    async def authorize(self, request: Request) -> Response:
        self.asked = dict(request.query_params)
        back = urlencode({"code": "good", "state": self.asked["state"]})
        return RedirectResponse(f"{self.asked['redirect_uri']}?{back}")

    async def token(self, request: Request) -> Response:
        form = {k: str(v) for k, v in (await request.form()).items()}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = urlsafe_b64encode(digest).decode().rstrip("=")
        if form["code"] != "good" or challenge != self.asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "17",
            "iat": now,
            "exp": now + 300,
            "nonce": self.asked["nonce"],
            "email": "Lakshmi@gov.example",
            "email_verified": True,
            **self.claims,
        }
        key = self.key if self.alg == "RS256" else SECRET
        head = {"alg": self.alg, "kid": "1"}
        signed = _unsigned(claims) if self.alg == "none" else jwt.encode(head, claims, key).decode()
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": signed})


def _unsigned(claims: dict[str, Any]) -> str:
    import json

    parts = ({"alg": "none"}, claims)
    coded = [urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts]
    return ".".join([*coded, ""])
