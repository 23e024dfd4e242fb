"""TLS and mutual TLS against a real TLS server: who is believed, alone and with another kind."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from actions.departments import Connector, OperationResult
from actions.departments.credentials import (
    ApiKey,
    ClientCertificate,
    Credentials,
    read_credentials,
)
from actions.departments.tls import ssl_context
from tests.served import served

from .certificates import Authority, Pair
from .library.app import Library
from .library.place import defined, find

pytestmark = pytest.mark.asyncio


@dataclass(frozen=True)
class Office:
    """A library behind mutual TLS, and the certificates that its visitors may have."""

    library: Library
    url: str
    folder: Path
    authority: Authority
    seva: Pair
    stranger: Pair

    async def visit(self, credentials: Credentials) -> OperationResult:
        """Ask for a book with these credentials."""
        definition = replace(defined(self.folder, self.url), auth=credentials)
        return await find(Connector(definition))

    def shown(self, pair: Pair) -> ClientCertificate:
        """A client certificate, the office's own authority believed."""
        return ClientCertificate(pair.certificate, pair.key, self.authority.certificate)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A served library that lets in only whom its authority knows."""
    authority, other = Authority(tmp_path, "office"), Authority(tmp_path, "other")
    server, library = authority.issue("server"), Library()
    library.good.add("known")
    with served(
        library.app(),
        ssl_keyfile=str(server.key),
        ssl_certfile=str(server.certificate),
        ssl_ca_certs=str(authority.certificate),
        ssl_cert_reqs=ssl.CERT_REQUIRED,
    ) as url:
        seva, stranger = authority.issue("seva"), other.issue("stranger")
        yield Office(library, url, tmp_path, authority, seva, stranger)


async def test_certificate_and_key_in_the_request_are_believed_together(office: Office) -> None:
    both = Credentials(ApiKey("Authorization", "Bearer known"), office.shown(office.seva))
    assert (await office.visit(both)).outcome == "ok"


async def test_token_is_fetched_with_the_certificate_too(office: Office) -> None:
    scheme = defined(office.folder / "more", office.url).auth.scheme
    result = await office.visit(Credentials(scheme, office.shown(office.seva)))
    assert result.outcome == "ok"
    assert len(office.library.issued) == 1


async def test_certificate_alone_lets_in_but_proves_no_key(office: Office) -> None:
    result = await office.visit(Credentials(None, office.shown(office.seva)))
    assert (result.outcome, result.reason) == ("unavailable", "status")


@pytest.mark.parametrize("who", ["nobody", "stranger"])
async def test_visitor_without_a_known_certificate_is_turned_away(office: Office, who: str) -> None:
    shown = office.shown(office.stranger) if who == "stranger" else None
    if shown is None:
        shown = office.shown(Authority(office.folder, "third").issue("nobody"))
    key = ApiKey("Authorization", "Bearer known")
    result = await office.visit(Credentials(key, shown))
    assert (result.outcome, result.reason) == ("unavailable", "connect")
    assert office.library.requests == []


async def test_department_of_an_unknown_authority_is_not_told_the_key(office: Office) -> None:
    key = ApiKey("Authorization", "Bearer known")
    ours = ClientCertificate(office.seva.certificate, office.seva.key, None)
    result = await office.visit(Credentials(key, ours))
    assert (result.outcome, result.reason) == ("unavailable", "connect")
    assert office.library.requests == []


async def test_files_are_named_by_variables(office: Office) -> None:
    block = {
        "kind": "mtls",
        "certificate": {"env": "CERT"},
        "key": {"env": "KEY"},
        "ca": {"env": "CA"},
        "with": {"kind": "api_key", "header": "Authorization", "key": {"env": "TOKEN"}},
    }
    pair = office.seva
    environment = {
        "CERT": str(pair.certificate),
        "KEY": str(pair.key),
        "CA": str(office.authority.certificate),
        "TOKEN": "Bearer known",
    }
    credentials = read_credentials(block, environment)
    assert (await office.visit(credentials)).outcome == "ok"
    assert "known" not in repr(credentials)


async def test_file_that_is_no_certificate_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("-----BEGIN NOTHING-----")
    bad = tmp_path / "bad.pem"
    for certificate in (ClientCertificate(bad, bad, None), ClientCertificate(bad / "no", bad, bad)):
        with pytest.raises(ValueError, match="client certificate"):
            ssl_context(certificate)
