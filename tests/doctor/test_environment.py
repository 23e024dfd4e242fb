"""Wrong settings, and settings that are right alone and wrong together."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nlu.doctor.machine import Machine
from nlu.storage.keys import new_key
from tests.doctor.site import Site

GRAPH = "https://graph.facebook.com"
OWN = "a-secret-of-our-own"
REFUSED = [
    ("SEVA_DATABSE_URL", "sqlite", "did you mean SEVA_DATABASE_URL?"),
    ("SEVA_SERVE_PORT", "eight", "it is: Port of `seva serve`."),
    ("SEVA_SEALING_KEY", "correct horse battery staple", "it is: Keys that seal"),
    ("SEVA_TIMEZONE", "Asia/Amaravati", "it is: Time zone"),
    ("SEVA_VAR_DIR", "/proc/1/var", "name a folder of this user's"),
    ("SEVA_API_KEYS_FILE", "/does/not/exist.yml", "see docs/api.md"),
    ("SEVA_ACTION_SERVER_URL", "http://127.0.0.1:5055", "set a long random one"),
]


@pytest.mark.parametrize(("name", "value", "mend"), REFUSED)
def test_settings_name_what_stops_a_start(name: str, value: str, mend: str, site: Site) -> None:
    assert site.well("settings")
    site.environ[name] = value
    found = site.only("settings")
    assert found.severity == "critical" and found.mend.startswith(mend)
    assert value not in f"{found.what} {found.why}" or name == "SEVA_API_KEYS_FILE"


def test_settings_are_told_once_with_all_roles_that_they_stop(site: Site) -> None:
    site.environ["SEVA_SETLE_SECONDS"] = "1"
    assert site.only("settings").why.startswith("`seva serve`, `seva worker`, `seva actions` do")
    site.roles = ("worker",)
    assert site.only("settings").why.startswith("`seva worker` does")


PRODUCTION = [
    ("SEVA_NOTICES_KEY", None),
    ("SEVA_WHATSAPP_APP_SECRET", None),
    ("SEVA_ALLOW_LOOPBACK_DEPARTMENTS", None),
    ("SEVA_DEPARTMENT_ENERGY_URL", None),
    ("SEVA_DEPARTMENT_ENERGY_URL", "https://127.0.0.1/energy"),
    ("SEVA_LOG_LEVEL", "DEBUG"),
    ("SEVA_SEALING_KEY", None),
]


@pytest.mark.parametrize(("name", "value"), PRODUCTION)
def test_production_with_the_demos_is_told(name: str, value: str | None, site: Site) -> None:
    site.environ["SEVA_ENV"] = "production"
    if value is not None:
        site.environ[name] = value
    told = [one.what for one in site.result("settings").findings]
    assert any(what.startswith(f"{name}: ") for what in told)


def test_real_citizens_without_production(site: Site) -> None:
    assert site.well("demo-mode")
    site.environ["SEVA_WHATSAPP_BASE_URL"] = GRAPH
    assert site.only("demo-mode").severity == "critical"
    site.environ["SEVA_ENV"] = "production"
    assert site.well("demo-mode")


def test_an_app_secret_without_its_number(site: Site) -> None:
    """Every delivery was taken, answered with 200 and dropped; only a metric knew."""
    assert site.well("whatsapp-number")
    site.environ["SEVA_WHATSAPP_APP_SECRET"] = OWN
    found = site.only("whatsapp-number")
    assert "SEVA_WHATSAPP_PHONE_NUMBER_ID is not set" in found.what
    site.environ["SEVA_WHATSAPP_PHONE_NUMBER_ID"] = "106540352242922"
    assert site.well("whatsapp-number")


def test_the_number_itself_in_place_of_its_id(site: Site) -> None:
    site.environ["SEVA_WHATSAPP_PHONE_NUMBER_ID"] = "+91 95523 00009"
    found = site.only("whatsapp-number")
    assert "other signs than digits" in found.what and "95523" not in str(found)


def test_news_that_are_switched_off(site: Site) -> None:
    assert site.well("news")
    site.environ["SEVA_INTERNAL_PORT"] = "0"
    assert "never reach a citizen" in site.only("news").why
    site.environ["SEVA_NOTICES_URL"] = "http://127.0.0.1:18791/notices"
    assert site.well("news")


def test_documents_whose_host_the_worker_does_not_know(site: Site) -> None:
    assert site.result("document-host").not_looked
    site.environ["SEVA_DOCUMENTS_URL"] = "https://documents.example.in"
    assert "documents.example.in" in site.only("document-host").mend
    site.environ["SEVA_DOCUMENT_HOSTS"] = "Documents.example.in"
    assert site.well("document-host")


@contextmanager
def started(folder: Path, role: str, **environ: str) -> Iterator[int]:
    """A process that Linux shows as `seva ROLE`; its number."""
    script = folder / "seva"
    script.write_text("import time\ntime.sleep(60)\n")
    process = subprocess.Popen([sys.executable, str(script), role], env=environ, cwd=folder)
    try:
        while b"seva" not in Path(f"/proc/{process.pid}/cmdline").read_bytes():
            time.sleep(0.01)
        yield process.pid
    finally:
        process.kill()
        process.wait()


def test_a_running_process_is_known_with_its_environment(tmp_path: Path) -> None:
    with started(tmp_path, "worker", SEVA_VAR_DIR="state") as pid:
        (found,) = [one for one in Machine().running() if one.pid == pid]
    assert (found.role, found.var) == ("worker", tmp_path / "state")
    assert found.open_files and found.environ["SEVA_VAR_DIR"] == "state"


def test_a_process_with_another_var_folder(site: Site) -> None:
    """The first of the silent ones: messages arrive, and nobody sees them."""
    site.process(11, "serve", **site.environ)
    site.process(12, "actions", **site.environ)
    site.process(13, "worker", **{**site.environ, "SEVA_VAR_DIR": "elsewhere"})
    found = site.only("same-environment")
    assert "`seva worker` (process 13) keeps its files in another SEVA_VAR_DIR" in found.what


def test_a_second_deployment_on_the_machine_is_none_of_ours(site: Site) -> None:
    for number, role in enumerate(("serve", "worker", "actions"), 21):
        site.process(number, role, **{**site.environ, "SEVA_VAR_DIR": "/srv/other"})
    site.process(11, "serve", **site.environ)
    assert site.well("same-environment")


def test_a_doctor_without_the_environment_of_what_runs(site: Site) -> None:
    site.process(13, "worker", SEVA_VAR_DIR="/srv/seva")
    assert site.only("same-environment").severity == "notice"


CHANGED = [
    ("worker", "SEVA_SEALING_KEY"),
    ("actions", "SEVA_NOTICES_KEY"),
    ("worker", "SEVA_ACTIONS_SECRET"),
    ("serve", "SEVA_DATABASE_URL"),
    ("actions", "SEVA_DATA_DIR"),
    ("serve", "SEVA_MODELS_DIR"),
]


@pytest.mark.parametrize(("role", "name"), CHANGED)
def test_a_process_that_was_not_started_again(role: str, name: str, site: Site) -> None:
    values = {"SEVA_SEALING_KEY": new_key(), "SEVA_DATABASE_URL": f"sqlite:///{site.var}/b.sqlite"}
    site.process(11, role, **site.environ)
    assert site.well("same-environment")
    site.environ[name] = values.get(name, str(site.folder / "another-one"))
    found = site.only("same-environment")
    assert f"another {name} than" in found.what and site.environ[name] not in str(found)
