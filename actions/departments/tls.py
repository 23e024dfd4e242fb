"""The TLS side of a department: its certificate checked, ours shown where it asks for one."""

from __future__ import annotations

import ssl

from actions.departments.credentials import ClientCertificate


def ssl_context(certificate: ClientCertificate | None) -> ssl.SSLContext:
    """TLS 1.2 or later with host names checked. Raises ValueError for files that do not fit."""
    try:
        ca = str(certificate.ca) if certificate and certificate.ca else None
        context = ssl.create_default_context(cafile=ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if certificate is not None:
            context.load_cert_chain(certificate.certificate, certificate.key)
    except (OSError, ssl.SSLError) as error:
        # The files' names are settings; what is in them stays out of the message.
        raise ValueError(f"client certificate: {type(error).__name__} ({certificate})") from None
    return context
