"""Issues the documents that answers of departments ask for, in the action server."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from actions.departments.result import CallFailed, Wanted
from actions.documents.checker import NOT_OURS, Checked, check
from actions.documents.settings import documents_folder, documents_url
from nlu.log import get_logger
from nlu.turn import Document

if TYPE_CHECKING:
    from actions.documents.issuer import Issuer


_LOG = get_logger(__name__)


class DepartmentIssuer:
    """Issues documents into the folder of `seva documents serve`.

    It is an `actions.departments.issued_document.Issue`. The folder is opened at the first use,
    because an office without such documents needs none.
    """

    def __init__(self, folder: Path, public_url: str) -> None:
        self._folder, self._public_url = folder, public_url
        self._opening = threading.Lock()
        self._issuer: Issuer | None = None

    @classmethod
    def from_environment(cls) -> DepartmentIssuer:
        """Takes the folder in SEVA_VAR_DIR and the addresses of SEVA_DOCUMENTS_URL."""
        return cls(documents_folder(), documents_url())

    def __call__(self, department: str, wanted: Wanted, key: str) -> Document:
        """Issues a document and returns its address. Raises `CallFailed("document")`."""
        # Loading what makes PDFs takes a third of the time of all imports of the action server.
        from actions.documents.form import FormError
        from actions.documents.issuer import NotIssued
        from actions.documents.registry import NotRecorded
        from actions.transparency.folder import LogError

        try:
            issuer = self.open()
            issued = issuer.issue(
                department, wanted.form, wanted.values, key, filename=wanted.filename
            )
        except NotIssued as error:
            # The message names the label; it never repeats a value.
            raise CallFailed("document", f"{error.reason.value}: {error}") from error
        except (FormError, LogError, NotRecorded, OSError) as error:
            raise CallFailed("document", f"{type(error).__name__}: {error}") from error
        return Document(issued.url, issued.filename)

    def checked(self, code: str) -> Checked | None:
        """What the QR code in a picture is; None where the registry cannot be asked now. It is
        opened for codes of our web site only."""
        if not code.startswith(f"{self._public_url.rstrip('/')}/c/"):
            return Checked(NOT_OURS, self._public_url)
        from actions.documents.form import FormError
        from actions.documents.issuer import NotIssued
        from actions.documents.registry import NotRecorded
        from actions.transparency.folder import LogError

        try:
            return check(self.open(), code)
        except (FormError, LogError, NotIssued, NotRecorded, OSError, ValueError) as error:
            _LOG.warning("document_unchecked", error=type(error).__name__)
            return None

    def open(self) -> Issuer:
        """Opens the issuer once. Raises FormError, LogError, NotRecorded, OSError."""
        from actions.documents.form import load_forms
        from actions.documents.issuer import Issuer

        with self._opening:
            if self._issuer is None:
                load_forms()
                self._issuer = Issuer.open(self._folder, self._public_url)
            return self._issuer
