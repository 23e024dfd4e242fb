"""`Notify` over HTTP: hands notices to `POST /notices` of `seva serve`.

The id makes a repeated hand-over harmless, so nothing is tried again in here.
"""

from __future__ import annotations

from typing import Any

import httpx

from actions.news.notices import NoticeRefused, UnknownCitizen
from nlu.trace import headers
from nlu.turn import Notice

_TIMEOUT = httpx.Timeout(10, connect=3)
_TAKEN = (200, 202)
_UNKNOWN = "/problems/unknown-citizen"


class NoticesClient:
    """`Notify` and `LanguageOf`; belongs to one event loop."""

    def __init__(
        self, url: str, key: str, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.AsyncClient(
            headers=headers, timeout=_TIMEOUT, transport=transport, trust_env=False
        )

    async def __call__(self, notice: Notice) -> None:
        """Returns once the notice is in the outbox. Raises NoticeRefused, UnknownCitizen."""
        await self._post(self._url, notice.as_json())

    async def language_of(self, citizen: str) -> str | None:
        """The language of the citizen's answers now. Raises NoticeRefused, UnknownCitizen."""
        answer = await self._post(f"{self._url}/language", {"citizen": citizen})
        language = answer.get("language")
        return language if isinstance(language, str) else None

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def _post(self, url: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = await self._http.post(url, json=body, headers=headers())
            content = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise NoticeRefused(type(error).__name__) from error
        if answer.status_code in _TAKEN and isinstance(content, dict):
            return content
        # Not by the status: a wrong SEVA_NOTICES_URL is a 404 as well.
        if isinstance(content, dict) and content.get("type") == _UNKNOWN:
            raise UnknownCitizen
        raise NoticeRefused(f"HTTP {answer.status_code}")
