"""The compose file keeps its specification, and its services work as it starts them."""

from __future__ import annotations

import json
import os
import pwd
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nlu import paths
from nlu.settings.process import variable
from nlu.settings.settings import PROCESSES
from tests.deploy.conftest import CONTAINERFILE, image_environment
from tests.deploy.containers import Containers, Image, model, program, without
from tests.postgres import POSTGRES
from tests.processes import ROOT

pytestmark = pytest.mark.may_take(900, "starts every container's command")

FILE = ROOT / "deploy" / "compose.yml"
SEVA = "seva-demo:0.1.0"
MODEL = model(FILE)
SERVICES: dict[str, dict[str, Any]] = MODEL["services"]
OURS = {name: one for name, one in SERVICES.items() if one["image"] == SEVA}
BILL = "how much is my electricity bill 6123401005678"
PHONE = "919848012345"


def role(service: dict[str, Any]) -> str:
    """What a service runs."""
    return str(service["command"][0])


def test_every_role_has_a_service() -> None:
    assert sorted(role(one) for one in OURS.values()) == sorted(
        [*(set(PROCESSES) - {"demo"}), "worker"]
    )
    assert {
        one["environment"]["SEVA_WORKER_ONLY"] for one in OURS.values() if role(one) == "worker"
    } == {
        "text",
        "voice",
    }


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_do_nothing_that_it_need_not(name: str) -> None:
    one = SERVICES[name]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"] and "cap_add" not in one and "privileged" not in one
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert re.search(r":v?\d+\.\d+\.\d+$|postgres:17\.\d+$", one["image"])
    for port in one.get("ports", ()):
        assert port["host_ip"] == "127.0.0.1", "TLS and the world are somebody else's"
    writable = {v["target"] for v in one.get("volumes", ()) if not v.get("read_only")}
    assert len(writable) <= 1


@pytest.mark.parametrize("name", OURS)
def test_a_role_gets_what_it_reads(name: str) -> None:
    one = OURS[name]
    fields = {variable(f) for f in PROCESSES[role(one)].__fields__}  # type: ignore[index]
    secret = {source["source"] for source in one["secrets"]}
    assert set(one.get("environment", {})) <= fields
    # the registry of documents lies in the database too
    assert secret <= fields | {"SEVA_DATABASE_URL"}
    assert all(s["target"] == f"/run/secrets/{s['source']}" for s in one["secrets"])
    assert one["user"] == "10001:10001" and one["network_mode"] == "service:front"
    assert one["healthcheck"]["test"] == ["CMD", "healthy", role(one)]
    assert "environment" not in one or not {"SEVA_DATABASE_URL"} & set(one["environment"])


def test_secrets_are_files_that_the_script_makes(tmp_path: Path) -> None:
    made = secrets(tmp_path)
    wanted = {Path(one["file"]).name for one in MODEL["secrets"].values()}
    assert {file.name for file in made.iterdir()} == wanted == set(MODEL["secrets"])
    assert made.stat().st_mode & 0o777 == 0o700
    before = {file.name: file.read_bytes() for file in made.iterdir()}
    assert len(set(before.values())) == len(before)
    secrets(tmp_path)
    assert {file.name: file.read_bytes() for file in made.iterdir()} == before


def secrets(folder: Path) -> Path:
    """The folder that `secrets.sh` fills."""
    made = folder / "secrets"
    subprocess.run([ROOT / "deploy" / "compose" / "secrets.sh", made], check=True)
    return made


def test_the_containerfile_is_what_the_file_expects() -> None:
    """Its user, the folders that are written to, and no `latest`."""
    env = image_environment()
    targets = {v["target"] for v in OURS["serve"]["volumes"]}
    assert targets == {str(Path(env["SEVA_VAR_DIR"]).parent), env["SEVA_MODELS_DIR"]}
    known = {variable(f) for kind in PROCESSES.values() for f in kind.__fields__}
    assert {name for name in env if name.startswith("SEVA_")} <= known
    assert "\nUSER 10001:10001\n" in CONTAINERFILE
    assert all(
        ":" in base and "latest" not in base
        for base in re.findall(r"^ARG BASE=(.+)$", CONTAINERFILE, re.M)
    )
    runs = re.findall(r"^RUN (?:--mount=\S+ )?(\S+)", CONTAINERFILE, re.M)
    scripts = [ROOT / "deploy" / "image" / Path(run).name for run in runs]
    assert len(runs) == 6 and all(os.access(script, os.X_OK) for script in scripts)
    steps = (ROOT / "deploy" / "image" / "steps.sh").read_text("utf-8")
    assert all(script.name in steps for script in scripts if script.name != "system.sh")


@pytest.fixture(scope="module")
def containers(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    """Everything that `docker compose up` starts, as processes of this machine."""
    if POSTGRES is None or os.geteuid() != 0:
        pytest.skip("needs PostgreSQL (`make system`) and root, as a container engine does")
    folder = tmp_path_factory.mktemp("compose")
    models = paths.models_folder()
    found = model(FILE)
    made = secrets(folder)
    for name in found["secrets"]:
        found["secrets"][name]["file"] = str(made / name)
    for service in found["services"].values():
        for volume in service.get("volumes", ()):
            if volume["target"] == image.environment["SEVA_MODELS_DIR"]:
                volume["source"] = str((models / "live").resolve().parent)
    nobody = pwd.getpwnam("nobody").pw_uid
    services = without(found["services"], "watch")
    prepare_database(folder, services["postgres"], nobody)
    running = Containers(
        services,
        found["secrets"],
        {
            SEVA: image,
            services["front"]["image"]: Image(
                entry=[program("haproxy"), "-W", "-db", "-f"],
                user=nobody,
                folders={},
            ),
            services["postgres"]["image"]: Image(
                environment={"PATH": f"{POSTGRES}:/usr/bin:/bin", "PGDATA": DATA},
                user=nobody,
            ),
        },
        folder,
        addresses={"postgres": "127.0.0.1"},
    )
    services["front"]["command"] = ["/usr/local/etc/haproxy/haproxy.cfg"]
    try:
        running.start()
        yield running
    finally:
        running.close()


DATA = "/var/lib/postgresql/data"


def prepare_database(folder: Path, service: dict[str, Any], user: int) -> None:
    """What the image of PostgreSQL does before its first start: a cluster, the user with its
    password, the database."""
    assert POSTGRES is not None
    given = service["environment"]
    data = folder / "volumes" / "database"
    data.mkdir(parents=True)
    for path in (folder, data.parent):
        path.chmod(0o755)
    os.chown(data, user, user)
    password = folder / "password"
    password.write_bytes((folder / "secrets" / "postgres_password").read_bytes())
    os.chown(password, user, user)
    as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"]
    initdb = [
        *(POSTGRES / "initdb", "-D", data, "-U", given["POSTGRES_USER"], f"--pwfile={password}"),
        *("--no-sync", "-A", "scram-sha-256", *given["POSTGRES_INITDB_ARGS"].split()),
    ]
    alone = [POSTGRES / "postgres", "--single", "-D", data, "postgres"]
    create = f"CREATE DATABASE {given['POSTGRES_DB']}\n"
    for parent in folder.parents:
        if parent.stat().st_mode & 0o005 != 0o005 and str(parent).startswith("/tmp/"):
            parent.chmod(0o755)  # pytest keeps its folders to itself; PostgreSQL never runs as root
    subprocess.run([*as_user, *initdb], check=True, capture_output=True, cwd="/")
    subprocess.run(
        [*as_user, *alone], check=True, capture_output=True, cwd="/", input=create.encode()
    )


def ask(containers: Containers, text: str) -> str:
    """What a citizen gets for a text, through the address that the file publishes."""
    at = f"http://127.0.0.1:{published(8785)}"
    script = str(ROOT / "tests" / "deploy" / "citizen.py")
    done = containers.outside([sys.executable, script, at, PHONE, text])
    assert done.returncode == 0, done.stderr
    return "\n".join(json.loads(done.stdout))


def published(port: int) -> int:
    """The container's port behind one of the machine."""
    (found,) = (p["target"] for p in SERVICES["front"]["ports"] if p["published"] == str(port))
    return int(found)


def test_a_citizen_gets_an_answer(containers: Containers) -> None:
    reply = ask(containers, BILL)
    assert "₹" in reply and "6123401005678" in reply, reply
    answered = containers.run("worker", ["python", "-c", COUNT])
    assert answered.stdout.split() == ["1"], answered.stderr


COUNT = """
import psycopg2
url = open("/run/secrets/SEVA_DATABASE_URL").read()
db = psycopg2.connect(url).cursor()
db.execute("SELECT count(*) FROM inbox WHERE state > 0")
print(db.fetchone()[0])
"""


@pytest.mark.parametrize("name", OURS)
def test_nothing_but_its_volume_and_tmp_can_be_written(containers: Containers, name: str) -> None:
    """By a user without any capability; /dev and /proc are the machine's."""
    ways = "/ /opt /opt/seva /opt/cache /etc /usr/lib /run /run/secrets /var/lib/seva-models"
    look = f"find {ways} -maxdepth 1 -writable -not -type l -not -path '/proc*' -not -path '/dev*'"
    assert containers.run(name, ["sh", "-c", look]).stdout.split() == ["/tmp"]
    touched = ["touch", "/var/lib/seva/touched", "/tmp/touched"]
    assert containers.run(name, touched).returncode == 0
    refused = containers.run(name, ["touch", "/opt/seva/touched"])
    assert refused.returncode != 0 and "Read-only" in refused.stderr
    mine = "id -u; grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status"
    user, *rest = containers.run(name, ["sh", "-c", mine]).stdout.splitlines()
    assert user == "10001"
    assert [line.split()[1] for line in rest] == ["0" * 16, "0" * 16, "1"]


def test_inner_listeners_are_not_published(containers: Containers) -> None:
    at = f"http://127.0.0.1:{published(8780)}"
    probe = (
        "import httpx, sys\n"
        "for path in ('/health/ready', '/metrics', '/notices', '/%6eotices'):\n"
        f"    print(httpx.get('{at}' + path, trust_env=False).status_code)\n"
    )
    assert containers.outside([sys.executable, "-c", probe]).stdout.split() == ["200", *["404"] * 3]


def test_roles_stop_when_they_are_asked(containers: Containers) -> None:
    """SIGTERM ends each in good order, within the time that the file grants."""
    roles = ("worker", "serve", "actions", "documents")
    for name in roles:
        assert containers.stop(name) in (0, -15), containers.log(name)[-2000:]
        assert "Traceback" not in containers.log(name)
    assert "worker_stopped" in containers.log("worker")
