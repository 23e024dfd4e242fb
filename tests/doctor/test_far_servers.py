"""Departments, gateways and WhatsApp: reached, believed, and of our time."""

from __future__ import annotations

import shutil
import time
from email.utils import formatdate
from pathlib import Path

import pytest
import yaml

from tests.departments.certificates import Authority
from tests.doctor.site import Site, answering
from tests.processes import ROOT, free_port
from tests.served import served

ENERGY = "SEVA_DEPARTMENT_ENERGY_URL"
SELDOM = "grievances"


@pytest.fixture
def office(site: Site) -> Site:
    """Two departments and no gateway."""
    data = site.folder / "data"
    for name in ("energy.yml", f"{SELDOM}.yml", "defaults.yml", "openapi"):
        source, target = ROOT / "data/departments" / name, data / "departments" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
    shutil.copyfile(ROOT / "data/languages.yml", data / "languages.yml")
    shutil.copyfile(ROOT / "data/whatsapp.yml", data / "whatsapp.yml")
    site.environ["SEVA_DATA_DIR"] = str(data)
    nowhere = f"http://127.0.0.1:{free_port()}"
    site.environ |= {ENERGY: f"{nowhere}/a", "SEVA_DEPARTMENT_GRIEVANCES_URL": f"{nowhere}/b"}
    site.limits["department_seconds"] = 2.0
    return site


def described(site: Site, **changes: object) -> None:
    """Changes the file of the energy department."""
    file = site.folder / "data/departments/energy.yml"
    content = yaml.safe_load(file.read_text("utf-8"))
    file.write_text(yaml.safe_dump({**content, **changes}, allow_unicode=True), "utf-8")


def test_files_of_departments_that_cannot_be_used(office: Site) -> None:
    assert office.well("department-files")
    described(office, auth={"kind": "smoke_signals"})
    found = office.only("department-files")
    assert "energy.yml" in found.what and found.severity == "critical"
    assert office.result("departments").not_looked


def test_an_address_is_told_once_for_all_departments_there(office: Site) -> None:
    found = office.only("departments")
    assert found.what.startswith("energy, grievances at http://127.0.0.1:")
    assert "refuses the connection" in found.what and "seva sandbox" in found.mend


def test_a_name_that_is_not_found(office: Site) -> None:
    office.environ[ENERGY] = "https://user:pa55word@energy.invalid/v1"
    told = [one.what for one in office.result("departments").findings]
    assert "energy at https://energy.invalid: its name is not found" in told


@pytest.mark.parametrize("address", ["energy.example.in", "https://", "https://a:b/c", "http://["])
def test_an_address_that_is_none_is_no_failure_of_the_check(address: str, office: Site) -> None:
    """`settings` says so, and the others are looked at all the same."""
    office.environ[ENERGY] = address
    told = [one.what for one in office.result("departments").findings]
    assert any(what.startswith("grievances at") for what in told)
    assert not any("could not be made" in what for what in told)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://10.1.2.3", "https://[::1]/x"])
def test_an_address_that_may_not_be_called(address: str, office: Site) -> None:
    """The connector refuses it, and citizens read that the server is down."""
    office.environ |= {"SEVA_ALLOW_LOOPBACK_DEPARTMENTS": "0", ENERGY: address}
    told = [one.what for one in office.result("departments").findings if "energy" in one.what]
    assert len(told) == 1 and "which its file does not allow" in told[0]


def test_a_certificate_that_is_not_believed_and_one_that_expires(office: Site) -> None:
    folder = office.folder
    authority = Authority(folder, "authority")
    server, client = authority.issue("server"), authority.issue("client")
    client.key.chmod(0o600)
    with served(None, ssl_keyfile=str(server.key), ssl_certfile=str(server.certificate)) as url:
        office.environ[ENERGY] = url
        told = [one.what for one in office.result("departments").findings if "energy" in one.what]
        assert len(told) == 1 and "is not believed" in told[0]
        assert office.result("department-certificates").not_looked
        assert office.result("client-certificates").not_looked
        described(office, auth=_shown(client.certificate, client.key, authority.certificate))
        assert "expires in 1 days" in office.only("department-certificates").what
        mine = office.only("client-certificates")
        assert "our certificate for energy" in mine.what and "expires in 1 days" in mine.what
        client.key.chmod(0o644)
        critical = office.result("client-certificates").findings[1]
        assert critical.mend == f"chmod 600 {client.key}"
        office.limits["certificate_days"] = 0.5
        client.key.chmod(0o600)
        assert office.well("department-certificates") and office.well("client-certificates")


def _shown(certificate: Path, key: Path, authority: Path) -> dict[str, str]:
    files = {"certificate": str(certificate), "key": str(key), "ca": str(authority)}
    return {"kind": "mtls", **files}


def test_a_department_whose_clock_is_another(office: Site) -> None:
    assert office.result("department-clocks").not_looked
    with answering({}, Date=formatdate(time.time() + 600, usegmt=True)) as port:
        office.environ[ENERGY] = f"http://127.0.0.1:{port}/energy"
        assert "energy at" in office.only("department-clocks").what
    with answering({}, Date=formatdate(usegmt=True)) as port:
        office.environ[ENERGY] = f"http://127.0.0.1:{port}/energy"
        assert office.well("department-clocks")


def test_callbacks_that_are_switched_off(office: Site) -> None:
    assert office.well("callbacks")
    office.environ["SEVA_CALLBACKS_PORT"] = "0"
    assert "although grievances call back" in office.only("callbacks").what


def test_whatsapp_is_not_asked_where_it_is_simulated(office: Site) -> None:
    assert office.result("whatsapp").not_looked


def test_whatsapp_that_is_not_reached(office: Site) -> None:
    office.environ["SEVA_WHATSAPP_BASE_URL"] = f"http://127.0.0.2:{free_port()}"
    assert "refuses the connection" in office.only("whatsapp").what


def test_a_clock_that_is_not_whatsapps(office: Site) -> None:
    late = formatdate(time.time() - 3600, usegmt=True)
    with answering({}, host="127.0.0.2", Date=late) as port:
        office.environ["SEVA_WHATSAPP_BASE_URL"] = f"http://127.0.0.2:{port}"
        assert "clock is +360" in office.only("whatsapp").what
    with answering({}, host="127.0.0.2", Date=formatdate(usegmt=True)) as port:
        office.environ["SEVA_WHATSAPP_BASE_URL"] = f"http://127.0.0.2:{port}"
        assert office.well("whatsapp")


def test_an_action_that_outlasts_its_turn(office: Site) -> None:
    assert office.well("turn-times")
    office.environ["SEVA_ACTION_SECONDS"] = "90"
    assert "SEVA_ACTION_SECONDS is 90, a turn has 60 s" in office.only("turn-times").what
