"""The TLS side of a department: its certificate checked, ours shown where it asks for one."""

from __future__ import annotations

import ssl
from functools import cache

from actions.departments.credentials import ClientCertificate


def ssl_context(certificate: ClientCertificate | None) -> ssl.SSLContext:
    """TLS 1.2 or later with host names checked. Raises ValueError for files that do not fit."""
    if certificate is None:
        return _of_the_system()
    try:
        context = _checked(str(certificate.ca) if certificate.ca else None)
        context.load_cert_chain(certificate.certificate, certificate.key)
    except (OSError, ssl.SSLError) as error:
        # The files' names are settings; what is in them stays out of the message.
        raise ValueError(f"client certificate: {type(error).__name__} ({certificate})") from None
    return context


@cache
def _of_the_system() -> ssl.SSLContext:
    """One for all departments: to read the authorities of the system takes 20 ms and 1 MB."""
    return _checked(None)


def _checked(authorities: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
