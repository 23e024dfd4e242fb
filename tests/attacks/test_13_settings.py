"""Wrong settings: a process refuses to start and names everything at once (finding 13)."""

from __future__ import annotations

import base64
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from nlu.settings import PROCESSES, WrongEnvironment, read_settings
from nlu.settings.environment import SIMULATED
from nlu.settings.production import RULES
from nlu.settings.settings import TOOLS, Settings, readers

ROOT = Path(__file__).resolve().parents[2]
ROLES = ("serve", "worker", "actions", "documents", *SIMULATED)
SEALING = base64.urlsafe_b64encode(bytes(range(32))).decode()  # in names of cases: always the same
LONG = "a-secret-of-our-own"
GOOD = {
    "SEVA_ENV": "production",
    "SEVA_DATA_DIR": str(ROOT / "data"),
    "SEVA_API_KEYS": LONG,
    "SEVA_NOTICES_KEY": LONG,
    "SEVA_LOG_KEY": LONG,
    "SEVA_SEALING_KEY": SEALING,
    "SEVA_DOCUMENTS_SEALING_KEY": SEALING,
    "SEVA_DOCUMENTS_URL": "https://documents.example.in",
    "SEVA_DOCUMENT_HOSTS": "documents.example.in",
    "SEVA_ALLOW_LOOPBACK_DEPARTMENTS": "0",
    "SEVA_WHATSAPP_BASE_URL": "https://graph.facebook.com",
    "SEVA_WHATSAPP_PHONE_NUMBER_ID": "1",
    "SEVA_WHATSAPP_ACCESS_TOKEN": LONG,
    "SEVA_WHATSAPP_APP_SECRET": LONG,
    "SEVA_WHATSAPP_VERIFY_TOKEN": LONG,
}


@pytest.fixture
def good(tmp_path: Path) -> dict[str, str]:
    """A production environment in which everything starts."""
    from nlu.settings.department_variables import department_variables

    found = {**GOOD, "SEVA_VAR_DIR": str(tmp_path / "var")}
    for one in department_variables(ROOT / "data"):
        if one.kind == "address":
            found[one.name] = "https://department.example.in"
        elif one.kind == "secret":
            found[one.name] = "a key that the department gave us"
    return found


def wrong(role: str, environ: dict[str, str]) -> list[str]:
    """The variables at fault."""
    try:
        read_settings(PROCESSES[role], environ)  # type: ignore[index]
    except WrongEnvironment as error:
        assert len(str(error).splitlines()) == len(error.faults)
        return [fault.variable for fault in error.faults]
    return []


@pytest.mark.parametrize("role", ROLES)
def test_the_demo_starts_with_nothing_set(role: str, tmp_path: Path) -> None:
    assert wrong(role, {"SEVA_VAR_DIR": str(tmp_path), "SEVA_DATA_DIR": str(ROOT / "data")}) == []


@pytest.mark.parametrize("role", ["serve", "worker", "actions", "documents"])
def test_production_starts_with_all_that_is_needed(role: str, good: dict[str, str]) -> None:
    assert wrong(role, good) == []
    assert read_settings(PROCESSES[role], good).env == "production"  # type: ignore[index]


@pytest.mark.parametrize("role", SIMULATED)
def test_what_stands_in_for_others_does_not_start_in_production(
    role: str, good: dict[str, str]
) -> None:
    assert wrong(role, good) == ["SEVA_ENV"]


LEFT_OUT = [
    ("serve", "SEVA_API_KEYS"),
    ("serve", "SEVA_WHATSAPP_APP_SECRET"),
    ("serve", "SEVA_WHATSAPP_VERIFY_TOKEN"),
    ("serve", "SEVA_WHATSAPP_PHONE_NUMBER_ID"),
    ("serve", "SEVA_NOTICES_KEY"),
    ("serve", "SEVA_SEALING_KEY"),
    ("worker", "SEVA_WHATSAPP_ACCESS_TOKEN"),
    ("worker", "SEVA_WHATSAPP_BASE_URL"),
    ("worker", "SEVA_DOCUMENT_HOSTS"),
    ("worker", "SEVA_LOG_KEY"),
    ("worker", "SEVA_SEALING_KEY"),
    ("actions", "SEVA_NOTICES_KEY"),
    ("actions", "SEVA_SEALING_KEY"),
    ("actions", "SEVA_DOCUMENTS_SEALING_KEY"),
    ("actions", "SEVA_ALLOW_LOOPBACK_DEPARTMENTS"),
    ("actions", "SEVA_DEPARTMENT_ENERGY_KEY"),
    ("actions", "SEVA_DEPARTMENT_ENERGY_URL"),
    ("actions", "SEVA_DEPARTMENT_GRIEVANCES_CALLBACK_SECRET"),
    ("actions", "SEVA_GATEWAY_SANDBOX_SECRET"),
    ("actions", "SEVA_GATEWAY_SANDBOX_URL"),
    ("documents", "SEVA_DOCUMENTS_URL"),
    ("documents", "SEVA_DOCUMENTS_SEALING_KEY"),
]


@pytest.mark.parametrize(("role", "variable"), LEFT_OUT, ids=" ".join)
def test_production_has_no_default_for_it(role: str, variable: str, good: dict[str, str]) -> None:
    del good[variable]
    assert wrong(role, good) == [variable]


NOT_FOR_PRODUCTION = [
    ("serve", "SEVA_NOTICES_KEY", "short"),
    ("serve", "SEVA_API_KEYS", f"{LONG},seva-demo-key"),
    ("serve", "SEVA_API_KEYS", "short"),
    ("serve", "SEVA_LOG_LEVEL", "debug"),
    ("worker", "SEVA_WHATSAPP_BASE_URL", "http://graph.facebook.com"),
    ("worker", "SEVA_DOCUMENT_HOSTS", "documents.example.in,127.0.0.1"),
    ("actions", "SEVA_DOCUMENTS_URL", "http://documents.example.in"),
    ("actions", "SEVA_DEPARTMENT_ENERGY_URL", "http://energy.example.in"),
    ("actions", "SEVA_DEPARTMENT_ENERGY_URL", "https://127.0.0.1/energy"),
    ("actions", "SEVA_DEPARTMENT_ENERGY_URL", "https://[::1]/energy"),
    ("actions", "SEVA_DEPARTMENT_ENERGY_URL", "https://api.localhost./energy"),
    ("actions", "SEVA_DEPARTMENT_ENERGY_KEY", "sandbox-key"),
    ("actions", "SEVA_GATEWAY_SANDBOX_KEY", "sandbox-key"),
    ("documents", "SEVA_WITNESSES", "https://a.example.in http://b.example.in"),
]


@pytest.mark.parametrize(("role", "variable", "value"), NOT_FOR_PRODUCTION)
def test_production_refuses_what_a_demo_may_have(
    role: str, variable: str, value: str, good: dict[str, str]
) -> None:
    assert wrong(role, {**good, variable: value}) == [variable]
    assert wrong(role, {**good, variable: value, "SEVA_ENV": "demo"}) == []


ACTION_SERVERS = [
    ("unix", "", "production", []),
    ("unix:///run/seva/actions.sock", "", "production", []),
    ("http://127.0.0.1:5055", LONG, "production", []),
    ("http://127.0.0.1:5055", "", "demo", ["SEVA_ACTIONS_SECRET"]),
    ("http://127.0.0.1:5055", "short", "demo", []),
    ("http://127.0.0.1:5055", "short", "production", ["SEVA_ACTIONS_SECRET"]),
    ("http://10.0.0.5:5055", LONG, "production", ["SEVA_ACTION_SERVER_URL"]),
    ("ftp://127.0.0.1", LONG, "demo", ["SEVA_ACTION_SERVER_URL"]),
]


@pytest.mark.parametrize("role", ["worker", "actions"])
@pytest.mark.parametrize(("url", "secret", "kind", "faults"), ACTION_SERVERS)
def test_the_action_server_is_for_its_worker_alone(
    role: str, url: str, secret: str, kind: str, faults: list[str], good: dict[str, str]
) -> None:
    more = {"SEVA_ACTION_SERVER_URL": url, "SEVA_ACTIONS_SECRET": secret, "SEVA_ENV": kind}
    assert wrong(role, {**good, **more}) == faults


MALFORMED = [
    ("SEVA_ENV", "prod"),
    ("SEVA_DATABASE_URL", "mysql://u:p@db/seva?sslmode=verify-full"),
    ("SEVA_DATABASE_URL", "seva.sqlite"),
    ("SEVA_JOURNAL_URL", "mysql://u:p@db/seva"),
    ("SEVA_SERVE_PORT", "x"),
    ("SEVA_SERVE_PORT", "70000"),
    ("SEVA_SERVE_PORT", ""),
    ("SEVA_SETTLE_SECONDS", "-5"),
    ("SEVA_KEEP_DAYS", "1"),
    ("SEVA_SEALING_KEY", "correct horse battery staple"),
    ("SEVA_SEALING_KEY", f"{SEALING},x"),
    ("SEVA_DOCUMENTS_SEALING_KEY", "x"),
    ("SEVA_WHATSAPP_BASE_URL", "graph.facebook.com"),
    ("SEVA_WHATSAPP_BASE_URL", "ftp://graph.facebook.com"),
    ("SEVA_DOCUMENTS_URL", "https://"),
    ("SEVA_NOTICES_URL", "https://a:b"),
    ("SEVA_TIMEZONE", "Asia/Amaravati"),
    ("SEVA_LOG_LEVEL", "loud"),
    ("SEVA_ALLOW_LOOPBACK_DEPARTMENTS", "perhaps"),
    ("SEVA_DATA_DIR", "/does/not/exist"),
    ("SEVA_VAR_DIR", "/proc/1/var"),
]


@pytest.mark.parametrize("role", ["worker", "actions", "simulator"])
@pytest.mark.parametrize(("variable", "value"), MALFORMED)
def test_every_role_refuses_a_value_without_its_form(
    role: str, variable: str, value: str, tmp_path: Path
) -> None:
    here = {"SEVA_VAR_DIR": str(tmp_path), "SEVA_DATA_DIR": str(ROOT / "data")}
    assert wrong(role, {**here, variable: value}) == [variable]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("SEVA_SETLE_SECONDS", "SEVA_SETTLE_SECONDS"),
        ("SEVA_WHATSAPP_APPSECRET", "SEVA_WHATSAPP_APP_SECRET"),
        ("SEVA_DEPARTMENT_ENERGY_URI", "SEVA_DEPARTMENT_ENERGY_URL"),
        ("seva_sealing_key", "SEVA_SEALING_KEY"),
        ("SEVA_XYZZY_PLUGH_42", "docs/settings.md"),
    ],
)
def test_a_misspelt_variable_is_told_with_the_nearest(
    name: str, nearest: str, tmp_path: Path
) -> None:
    environ = {"SEVA_VAR_DIR": str(tmp_path), "SEVA_DATA_DIR": str(ROOT / "data"), name: "1"}
    with pytest.raises(WrongEnvironment) as raised:
        read_settings(PROCESSES["serve"], environ)
    (fault,) = raised.value.faults
    assert fault.variable == name and nearest in fault.mend


def test_variables_of_build_and_tests_are_known(tmp_path: Path) -> None:
    environ = {"SEVA_VAR_DIR": str(tmp_path), "SEVA_DATA_DIR": str(ROOT / "data")}
    assert wrong("serve", {**environ, **dict.fromkeys(TOOLS, "1")}) == []


def test_no_value_is_repeated(good: dict[str, str]) -> None:
    """A secret that was pasted into the wrong variable must not end in a log."""
    secret = "hunter2 hunter2"
    wrong_values = {name: secret for name in good if name not in ("SEVA_VAR_DIR", "SEVA_ENV")}
    for role in ROLES:
        with pytest.raises(WrongEnvironment) as raised:
            read_settings(PROCESSES[role], {**good, **wrong_values})  # type: ignore[index]
        assert "hunter2" not in str(raised.value)


def test_a_var_folder_that_others_can_read_is_refused(good: dict[str, str]) -> None:
    folder = Path(good["SEVA_VAR_DIR"])
    folder.mkdir()
    folder.chmod(0o755)  # `mkdir(mode)` gives what the umask of this machine leaves
    assert wrong("worker", good) == ["SEVA_VAR_DIR"]
    folder.chmod(0o700)
    assert wrong("worker", good) == []


def seva(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nlu.cli", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    ["serve", "worker", "actions", "documents serve", "sandbox", "simulator", "demo"],
)
def test_each_command_tells_everything_before_it_starts(command: str, tmp_path: Path) -> None:
    done = seva(
        *command.split(),
        SEVA_VAR_DIR=str(tmp_path / "var"),
        SEVA_SERVE_PORT="x",
        SEVA_DOCUMENTS_PORT="y",
        SEVA_SETLE_SECONDS="1",
    )
    assert (done.returncode, done.stdout) == (1, "")
    told = [line.split(":")[0] for line in done.stderr.splitlines()]
    assert told == ["SEVA_DOCUMENTS_PORT", "SEVA_SERVE_PORT", "SEVA_SETLE_SECONDS"]
    assert not (tmp_path / "var").exists()


@pytest.mark.slow
def test_what_a_command_writes_is_its_users_alone(tmp_path: Path) -> None:
    """Of the commands that keep something, one that is quickly done."""
    var = tmp_path / "var"
    script = f"umask 0022; {sys.executable} -m nlu.cli payments list"
    environ = {**os.environ, "SEVA_VAR_DIR": str(var)}
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, env=environ, capture_output=True)
    assert done.returncode == 0, done.stderr
    made = [var, *var.rglob("*")]
    assert len(made) > 1
    assert {path.name for path in made if stat.S_IMODE(path.stat().st_mode) & 0o077} == set()


def test_every_setting_is_declared_once_and_read_by_a_process() -> None:
    declared = [
        name
        for kind in Settings.__mro__
        for name in vars(kind).get("__annotations__", {})
        if name in Settings.__fields__
    ]
    assert sorted(declared) == sorted(Settings.__fields__)
    for name, field in Settings.__fields__.items():
        extra = field.field_info.extra
        assert field.field_info.description, name
        assert set(extra.get("roles", ())) <= set(readers(name)) != set(), name
        assert extra.get("production", next(iter(RULES))) in RULES, name


HALF = [
    ("serve", "SEVA_NOTICES_KEY", " seva-demo-notices-key"),
    ("serve", "SEVA_NOTICES_KEY", "seva-demo-notices-key,another-long-secret"),
    ("serve", "SEVA_WHATSAPP_APP_SECRET", "seva-demo-app-secret "),
    ("serve", "SEVA_LOG_KEY", " " * 16),
    ("documents", "SEVA_DOCUMENTS_URL", ""),
    ("worker", "SEVA_WHATSAPP_BASE_URL", " "),
    ("worker", "SEVA_WHATSAPP_PHONE_NUMBER_ID", " "),
    ("worker", "SEVA_DOCUMENT_HOSTS", "127.1,documents.example.in"),
    ("actions", "SEVA_NOTICES_URL", "http://10.0.0.5:8783/notices"),
    ("actions", "SEVA_INTERNAL_HOST", "10.0.0.5"),
    ("actions", "SEVA_DEPARTMENT_ENERGY_URL", "https://127.1/x"),
    ("actions", "SEVA_DEPARTMENT_ENERGY_URL", "https://[::ffff:127.0.0.1]/x"),
    ("actions", "SEVA_DEPARTMENT_ENERGY_KEY", "sandbox-key "),
]


@pytest.mark.parametrize(("role", "name", "value"), HALF)
def test_what_only_looks_set_is_refused(
    role: str, name: str, value: str, good: dict[str, str]
) -> None:
    """Blanks, lists around a demo's secret, other spellings of this machine, an unsafe way."""
    assert wrong(role, {**good, name: value}) == [name]


def test_notices_go_over_https_wherever_the_listener_is(good: dict[str, str]) -> None:
    elsewhere = {"SEVA_INTERNAL_HOST": "10.0.0.5", "SEVA_NOTICES_URL": "https://seva.in/notices"}
    assert wrong("actions", {**good, **elsewhere}) == []
