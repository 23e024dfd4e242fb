"""The sandbox's own surface: keys, problems, OpenAPI, orders, documents."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from actions.departments import load_departments
from actions.departments.openapi import load_openapi
from actions.sandbox.records import change_record
from actions.sandbox.store import DEPARTMENTS, Store

from .conftest import DATA, KEY, Sandbox

RELIEF = {
    "patient_name": "Lakshmi",
    "aadhaar_number": "876543210988",
    "hospital_name": "GGH Guntur",
    "bank_account_number": "30501234567",
    "ifsc_code": "SBIN0001234",
}
PRIVATE = {
    "applicant_name": "Lakshmi",
    "aadhaar_number": "876543210988",
    "annual_income": "120000",
    "purpose": "job",
}


@pytest.mark.parametrize("department", DEPARTMENTS)
def test_served_openapi_agrees_with_the_written_one(sandbox: Sandbox, department: str) -> None:
    served = sandbox.http.get(f"/{department}/openapi.json").json()
    assert served["openapi"] == "3.0.3"
    found = {
        operation["operationId"]: (method.upper(), path, sorted(_parameters(operation)))
        for path, item in served["paths"].items()
        for method, operation in item.items()
    }
    written = {
        name: (api.method, api.path, sorted((p.where, p.name.lower()) for p in api.parameters))
        for name, api in load_openapi(DATA / "openapi" / f"{department}.yml").items()
    }
    assert found == written


@pytest.mark.parametrize("department", DEPARTMENTS)
def test_every_operation_of_the_departments_file_is_answered(
    sandbox: Sandbox, department: str
) -> None:
    """Over HTTP, with values that no record has: a refusal of the counter, not of the router."""
    described = load_openapi(DATA / "openapi" / f"{department}.yml")
    operations = load_departments(DATA, {})[department].operations
    unserved = []
    for name in operations:
        api = described[name]
        path = re.sub(r"\{\w+\}", "0", api.path)
        answer = sandbox.http.request(
            api.method,
            f"/{department}{path}",
            headers={**KEY, "Idempotency-Key": f"served-{name}"},
            json={} if api.body is not None else None,
        )
        code = answer.json().get("code") if answer.status_code >= 400 else None
        if answer.status_code >= 500 or code == "http_error":
            unserved.append((name, answer.status_code, code))
    assert unserved == []
    assert len(operations) > 0


def _parameters(operation: dict[str, list[dict[str, str]]]) -> list[tuple[str, str]]:
    return [(p["in"], p["name"].lower()) for p in operation.get("parameters", [])]


@pytest.mark.parametrize("headers", [{}, {"X-Api-Key": "wrong"}, {"X-Api-Key": "కీ".encode()}])
def test_wrong_key_is_a_problem(sandbox: Sandbox, headers: dict[str, str]) -> None:
    answer = sandbox.http.get("/canteens/timings", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorised")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_invalid_body_is_a_problem_that_repeats_no_values(sandbox: Sandbox) -> None:
    answer = sandbox.http.post(
        "/canteens/donations",
        headers={**KEY, "Idempotency-Key": "k"},
        json={"donor_name": "Lakshmi", "amount": 0, "mobile": "12345"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "12345" not in answer.text


def test_write_without_a_key_is_refused(sandbox: Sandbox) -> None:
    url = "/energy/services/6123401005678/payments"
    assert sandbox.http.post(url, headers=KEY, json={"payer": "c"}).status_code == 422
    assert sandbox.writes("energy") == []


def test_unknown_path_is_a_problem(sandbox: Sandbox) -> None:
    answer = sandbox.http.get("/energy/nothing", headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (404, "http_error")


def test_refused_method_says_which_are_allowed(sandbox: Sandbox) -> None:
    """Found by schemathesis: RFC 9110 wants `Allow` with a 405."""
    answer = sandbox.http.delete("/canteens/timings", headers=KEY)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert answer.json()["code"] == "http_error"


@pytest.mark.parametrize(
    ("department", "pay", "look", "values"),
    [
        ("energy", "payBill", "getBill", {"service_number": "6123401005678"}),
        ("municipal", "payTax", "getTaxDues", {"assessment_number": "1020304050"}),
    ],
)
def test_paid_order_settles_the_dues(
    sandbox: Sandbox, department: str, pay: str, look: str, values: dict[str, str]
) -> None:
    link = sandbox.execute(department, pay, values).fields["payment_link"]
    link = link.partition("?")[0]  # it names the language that the citizen reads
    amount = "845" if department == "energy" else "3,420"
    for language, word in {"te": "చెల్లించు", "hi": "भुगतान करें", "en": "Pay"}.items():
        page = sandbox.http.get(f"{link}?lang={language}").text
        assert word in page and amount in page
    assert sandbox.http.get(f"{link}/state").json()["state"] == "open"
    paid = sandbox.http.post(link, follow_redirects=True)
    assert "చెల్లింపు పూర్తయింది" in paid.text
    assert sandbox.http.get(f"{link}/state").json()["state"] == "paid"
    assert sandbox.execute(department, look, values).outcome == "no_dues"


def test_unknown_order_has_a_page_that_says_so(sandbox: Sandbox) -> None:
    answer = sandbox.http.get("/pay/ORD-nothing?lang=hi")
    assert answer.status_code == 404
    assert "यह ऑर्डर नहीं मिला" in answer.text


@pytest.mark.parametrize(
    ("department", "operation", "values", "words"),
    [
        (
            "municipal",
            "getBirthCertificate",
            {
                "ulb_name": "vijayawada",
                "child_name": "Sai Teja",
                "date_of_birth": "2019-05-14",
                "mother_name": "Lakshmi",
            },
            ["జనన ధ్రువీకరణ పత్రం", "जन्म प्रमाण पत्र", "Birth certificate", "BC-VJA-2019-004512"],
        ),
        (
            "land",
            "getRor1b",
            {
                "district": "guntur",
                "mandal": "Tenali",
                "village": "Kolakaluru",
                "khata_number": "245",
            },
            ["భూమి హక్కుల రికార్డు (1బి)", "भूमि अधिकार अभिलेख (1बी)", "M. Subba Rao", "2.35"],
        ),
    ],
)
def test_document_is_a_pdf_whose_text_reads_back(
    sandbox: Sandbox,
    tmp_path: Path,
    department: str,
    operation: str,
    values: dict[str, str],
    words: list[str],
) -> None:
    document = sandbox.execute(department, operation, values).document
    assert document is not None
    answer = sandbox.http.get(document.url)
    assert answer.headers["Content-Type"] == "application/pdf"
    file = tmp_path / document.filename
    file.write_bytes(answer.content)
    command = ["pdftotext", "-layout", str(file), "-"]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stderr == ""
    assert [word for word in words if word not in found.stdout] == []


def test_guessed_document_is_not_found(sandbox: Sandbox) -> None:
    assert sandbox.http.get("/municipal/documents/1.pdf").status_code == 404


def test_private_numbers_are_kept_nowhere(sandbox: Sandbox) -> None:
    assert sandbox.execute("revenue", "applyIncomeCertificate", PRIVATE).outcome == "ok"
    assert sandbox.execute("cmrf", "applyRelief", RELIEF).outcome == "ok"
    files = list(sandbox.database.parent.glob("sandbox.sqlite*"))
    kept = b"".join(file.read_bytes() for file in files)
    assert b"GGH Guntur" not in kept
    assert [n for n in (b"876543210988", b"30501234567") if n in kept] == []


def test_fingerprint_differs_between_sandboxes(tmp_path: Path) -> None:
    found = {Store(tmp_path / f"{n}.sqlite").fingerprint("499118665246") for n in (1, 2)}
    assert len(found) == 2  # keyed: no table of all Aadhaar hashes helps


_RECORDS = "SELECT record FROM counter_records WHERE (department, collection) = (?, ?)"


def test_restart_keeps_what_was_written(tmp_path: Path) -> None:
    database = tmp_path / "sandbox.sqlite"
    with Store(database).transaction() as db:
        change_record(db, "energy/connections/0", {"amount": 1})
    with Store(database).transaction() as db:
        rows = db.execute(_RECORDS, ("energy", "connections")).fetchall()
    assert [json.loads(row["record"])["amount"] for row in rows][:2] == [1, 0]
