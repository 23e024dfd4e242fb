"""Issues what answers of departments ask for, in the action server."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from actions.departments.result import CallFailed, Wanted
from actions.documents.settings import documents_folder, documents_url
from nlu.turn import Document

if TYPE_CHECKING:
    from actions.documents.issue import Issuer


class Press:
    """An `actions.departments.issued_document.Issue` over the folder of `seva documents serve`.

    The folder is opened at first use: an office without such documents needs none.
    """

    def __init__(self, folder: Path, public_url: str) -> None:
        self._folder, self._public_url = folder, public_url
        self._opening = threading.Lock()
        self._issuer: Issuer | None = None

    @classmethod
    def from_environment(cls) -> Press:
        """The folder in SEVA_VAR_DIR, for addresses of SEVA_DOCUMENTS_URL."""
        return cls(documents_folder(), documents_url())

    def __call__(self, department: str, wanted: Wanted, key: str) -> Document:
        """The signed document, where it can be fetched. Raises `CallFailed("document")`."""
        # What makes PDFs takes a third of the time that all imports of the action server take.
        from actions.documents.form import FormError
        from actions.documents.issue import NotIssued
        from actions.documents.registry import NotRecorded
        from actions.transparency.folder import LogError

        try:
            issuer = self.open()
            issued = issuer.issue(
                department, wanted.form, wanted.values, key, filename=wanted.filename
            )
        except NotIssued as error:
            # Its message may repeat no value, and names the label.
            raise CallFailed("document", f"{error.reason.value}: {error}") from error
        except (FormError, LogError, NotRecorded, OSError) as error:
            raise CallFailed("document", f"{type(error).__name__}: {error}") from error
        return Document(issued.url, issued.filename)

    def open(self) -> Issuer:
        """What issues. Raises FormError, LogError, NotRecorded, OSError."""
        from actions.documents.form import load_forms
        from actions.documents.issue import Issuer

        with self._opening:
            if self._issuer is None:
                load_forms()
                self._issuer = Issuer.open(self._folder, self._public_url)
            return self._issuer
