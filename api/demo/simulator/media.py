"""Files at WhatsApp: uploaded by the bot or sent by citizens, with ids and URLs that expire."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import urlencode

from api.demo.simulator.errors import MetaError
from api.demo.simulator.rules import Rules

PATH = "/whatsapp_business/attachments/"


@dataclass(frozen=True)
class MediaFile:
    """One file and until when its id is good (epoch seconds)."""

    id: str
    data: bytes
    mime_type: str
    filename: str
    expires: float

    @property
    def digest(self) -> bytes:
        """SHA-256 of the bytes."""
        return hashlib.sha256(self.data).digest()

    @property
    def sha256_hex(self) -> str:
        """As `GET /{media_id}` tells it."""
        return self.digest.hex()

    @property
    def sha256_base64(self) -> str:
        """As webhooks tell it."""
        return base64.b64encode(self.digest).decode()

    @property
    def pages(self) -> int | None:
        """Pages of a PDF, as far as its page objects lie open."""
        if self.mime_type != "application/pdf":
            return None
        tight = self.data.replace(b"/Type /Page", b"/Type/Page")
        return tight.count(b"/Type/Page") - tight.count(b"/Type/Pages") or None


class MediaStore:
    """Files by id; the oldest go when the store is full."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._files: OrderedDict[str, MediaFile] = OrderedDict()
        self._bytes = 0
        self._secret = secrets.token_bytes(32)

    def add(
        self, data: bytes, mime_type: str, filename: str, *, now: float, from_bot: bool
    ) -> MediaFile:
        """Keeps a file; its id lives 30 days if the bot uploaded it, else 7."""
        life = self._rules.upload_life if from_bot else self._rules.webhook_life
        media_id = str(10**15 + secrets.randbelow(9 * 10**15))
        file = MediaFile(media_id, data, mime_type, filename, now + life)
        self._files[media_id] = file
        self._bytes += len(data)
        while self._bytes > self._rules.kept_bytes and len(self._files) > 1:
            self.remove(next(iter(self._files)))
        return file

    def get(self, media_id: str, *, now: float) -> MediaFile | None:
        """The file while its id is good."""
        file = self._files.get(media_id)
        return file if file and file.expires > now else None

    def remove(self, media_id: str) -> bool:
        """Deletes a file; False if there was none."""
        file = self._files.pop(media_id, None)
        if file is None:
            return False
        self._bytes -= len(file.data)
        return True

    def clear(self) -> None:
        """Deletes all files."""
        self._files.clear()
        self._bytes = 0

    def url(self, file: MediaFile, base_url: str, *, now: float) -> str:
        """A download URL, good for five minutes, as `lookaside.fbsbx.com` gives them."""
        expires = int(now + self._rules.url_life)
        query = urlencode(
            {"mid": file.id, "ext": expires, "hash": self._hash(file.id, expires), "source": "sim"}
        )
        return f"{base_url.rstrip('/')}{PATH}?{query}"

    def open_url(self, media_id: str, expires: int, signature: str, *, now: float) -> MediaFile:
        """The file behind a URL; raises `MetaError` where it is forged, expired or deleted."""
        good = hmac.compare_digest(signature.encode(), self._hash(media_id, expires).encode())
        file = self.get(media_id, now=now)
        if not good or expires < now or file is None:
            raise MetaError(100, "Media URL expired or not found.", subcode=33)
        return file

    def _hash(self, media_id: str, expires: int) -> str:
        message = f"{media_id}:{expires}".encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()[:32]
