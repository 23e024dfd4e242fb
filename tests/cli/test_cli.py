"""The command `seva`: light start, exit codes, JSON alone on stdout, environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner

from nlu.cli import app
from nlu.environment import prepare_environment
from tests.catalogue.sample import PAY, VIEW, write_sample

DATA = Path(__file__).resolve().parents[2] / "data"
HEAVY = {"rasa", "tensorflow", "torch", "onnxruntime", "spacy", "transformers", "keras"}
COMMANDS = [
    *("init", "check", "sentences", "new-service", "new-department"),
    *("train", "evaluate", "compare", "parse", "why", "transcribe"),
    *("models", "promote", "rollback", "canary", "benchmark"),
    *("serve", "worker", "actions", "sandbox", "simulator", "demo"),
]
REPORT_MODULES = """
import sys
from nlu.cli import main
sys.argv = ["seva", *{arguments!r}]
try:
    main()
except SystemExit:
    pass
print("\\nMODULES", *sorted({{name.partition(".")[0] for name in sys.modules}}))
"""


def seva(*arguments: str) -> tuple[int, str]:
    """Exit code and output of a command run in this process."""
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


@pytest.mark.parametrize(
    "arguments", [["--help"], ["check"], ["check", "--strict"], ["models"], ["train", "--help"]]
)
def test_light_commands_import_nothing_heavy(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They answer at once because Rasa, TensorFlow and torch stay out."""
    monkeypatch.delenv("SEVA_CACHE_DIR")  # `--strict` would embed the whole catalogue anew
    script = REPORT_MODULES.format(arguments=arguments)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    modules = set(done.stdout.rpartition("MODULES")[2].split())
    assert "nlu" in modules
    encoder = {"onnxruntime"} if "--strict" in arguments else set()  # compares by meaning
    assert modules & HEAVY == encoder


def test_help_lists_every_command() -> None:
    """The whole surface of the contract."""
    code, output = seva("--help")
    assert code == 0
    assert [name for name in COMMANDS if f"\n  {name} " not in output] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    """`--help` works without the command's own dependencies."""
    code, output = seva(name, "--help")
    assert code == 0
    assert "Usage:" in output


def test_check_exits_0_for_a_valid_catalogue(tmp_path: Path) -> None:
    """And says so."""
    code, output = seva("check", str(write_sample(tmp_path)))
    assert code == 0
    assert "The catalogue is valid: 2 services" in output


def test_check_exits_1_and_names_file_and_line(tmp_path: Path) -> None:
    """One line a problem."""
    write_sample(tmp_path, {PAY: ("confirm: true", "confirm: false")})
    code, output = seva("check", str(tmp_path))
    assert code == 1
    assert f"{tmp_path / PAY}:26: a service of kind pay must ask before it acts" in output


def test_check_reads_the_folder_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEVA_DATA_DIR, as for every other process."""
    monkeypatch.setenv("SEVA_DATA_DIR", str(write_sample(tmp_path)))
    shutil.copytree(DATA / "lexicon", tmp_path / "lexicon")
    assert "2 services" in seva("check")[1]


def test_check_json_is_one_document(tmp_path: Path) -> None:
    """With real Telugu letters and nothing else on stdout."""
    write_sample(tmp_path, {VIEW: ('"bill entha"', '"బిల్లు entha"')})
    code, output = seva("check", str(tmp_path), "--json", "--counts")
    document = json.loads(output)
    assert code == 1
    assert document["valid"] is False
    assert document["problems"][0]["line"] == 10
    counts = document["counts"]["bill_view"]["te"]
    assert counts == {"trained": 2, "development": 0, "holdout": 1, "holdout_noisy": 0}
    assert "బిల్లు" in output


def test_check_counts_prints_a_table(tmp_path: Path) -> None:
    """Trained, development and hold-out per key."""
    assert "2+0+1" in seva("check", str(write_sample(tmp_path)), "--counts")[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "/does/not/exist"],
        ["check", "--nonsense"],
        ["nonsense"],
        ["parse"],
        ["parse", "text", "--audio", __file__],
        ["train", "--profile", "huge"],
        ["evaluate", "/does/not/exist.jsonl"],
        ["benchmark", "nonsense"],
        ["new-service", "nonsense"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_2(arguments: list[str]) -> None:
    """Before anything heavy is imported."""
    assert seva(*arguments)[0] == 2


def test_new_service_and_department_are_made(tmp_path: Path) -> None:
    """The files are named, and the check refuses them."""
    root = str(write_sample(tmp_path))
    assert seva("new-department", "water", "--data", root)[0] == 0
    code, output = seva("new-service", "water/leak", "--data", root)
    assert code == 0
    assert "services/water/leak.yml" in output
    assert seva("check", root)[0] == 1
    assert seva("new-service", "water/leak", "--data", root)[0] == 2


def test_broken_catalogue_is_told_without_a_traceback(tmp_path: Path) -> None:
    """Whatever the command: the problems on stderr, exit 1."""
    write_sample(tmp_path, {VIEW: ("kind: info", "kind: infos")})
    script = (
        "import sys, typer\nfrom pathlib import Path\nimport nlu.cli as cli\n"
        "from nlu.catalogue import load_catalogue\n"
        "@cli.app.command('read')\ndef read(path: Path) -> None:\n    load_catalogue(path)\n"
        f"sys.argv = ['seva', 'read', {str(tmp_path)!r}]\ncli.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"{tmp_path / VIEW}:4: `infos`" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("given", "threads"), [(None, "1"), ("2", "2"), ("0", str(os.cpu_count())), ("", "1")]
)
def test_environment_follows_seva_threads(given: str | None, threads: str) -> None:
    """Every library gets the same number; what an operator set himself stays."""
    environment = {"MKL_NUM_THREADS": "7", **({} if given is None else {"SEVA_THREADS": given})}
    prepare_environment(environment)
    assert environment["OMP_NUM_THREADS"] == threads
    assert environment["TF_NUM_INTRAOP_THREADS"] == threads
    assert environment["MKL_NUM_THREADS"] == "7"
    assert environment["RASA_TELEMETRY_ENABLED"] == "false"


def test_a_worker_may_take_one_kind_of_messages() -> None:
    """The command line and `nlu.settings.settings` must not disagree."""
    from nlu.settings.settings import Only

    output = seva("worker", "--help")[1]
    assert "SEVA_WORKER_ONLY" in output and "|".join(filter(None, get_args(Only))) in output
    assert seva("worker", "--only", "songs")[0] == 2


def test_ports_are_those_of_the_settings() -> None:
    """The command line and `nlu.settings.settings` must not disagree."""
    from nlu.settings.settings import Settings

    fields = Settings.__fields__
    for process in ("serve", "sandbox", "simulator"):
        output = seva(process, "--help")[1]
        assert str(fields[f"{process}_port"].default) in output
        assert f"SEVA_{process.upper()}_PORT" in output
