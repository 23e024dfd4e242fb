"""`make near` runs the tests that a change can break: chosen by imports, by names and by time."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import grimp
import pytest

from tests import near
from tests.near import Limits, Tree
from tests.processes import ROOT

TABLE = near.read_yaml(ROOT / "tests" / "near.yml")
SMALL = {
    "nlu/__init__.py": "",
    "nlu/words.py": "",
    "nlu/sounds/__init__.py": "",
    "nlu/sounds/vowels.py": "",
    "nlu/sounds/vowels.yml": "",
    "nlu/reader.py": "def read():\n    from nlu import words\n",
    "nlu/later.py": "PROCESS = ['python', '-m', 'nlu.reader']\n",
    "nlu/bills.py": "",
    "nlu/commands.py": 'import nlu.bills\napp = typer.Typer(\n    name="bills")\n',
    "nlu/cli.py": "",
    "data/bill_view.yml": "",
    "tests/__init__.py": "",
    "tests/conftest.py": "",
    "tests/processes.py": "",
    "tests/words/__init__.py": "",
    "tests/words/conftest.py": "from nlu import reader\n",
    "tests/words/test_words.py": "from nlu.words import x\n\ndef test_it(): ...\n",
    "tests/words/test_reader.py": "from nlu import later\nBILL = 'bill_view'\n",
    "tests/apart/test_apart.py": "import nlu.sounds.vowels\n",
    "tests/apart/test_process.py": "from tests.processes import seva\nseva('bills list')\n",
}
"""A tree of two packages; `tests/apart` has no `__init__.py`."""


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.example")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def chain(*modules: str, processes: Iterable[str] = ()) -> Tree:
    """Each module imports the one before it."""
    graph = grimp.ImportGraph()
    for module in modules:
        graph.add_module(module)
    for imported, importer in itertools.pairwise(modules):
        graph.add_import(importer=importer, imported=imported)
    paths = {module: module.replace(".", "/") + ".py" for module in modules}
    return Tree(graph, paths, dict.fromkeys(modules, ""), frozenset(processes))


CHAIN = ("nlu.a", "tests.b.test_near", "tests.b.stage", "tests.c.test_far", "tests.c.test_end")
NEAR, FAR, END = "tests/b/test_near.py", "tests/c/test_far.py", "tests/c/test_end.py"


def test_changed_files_are_those_since_the_branch_left(tmp_path: Path) -> None:
    """Committed, uncommitted and new ones; not what is ignored, nor what came on main since."""
    git(written(tmp_path, {"a": "1", "b": "1", "c": "1", ".gitignore": "var\n"}), "init", "-b", "x")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    git(tmp_path, "branch", "main")
    assert near.changed(tmp_path, "main").files == ()
    git(tmp_path, "commit", "-m", "second", "--allow-empty")
    git(tmp_path, "mv", "a", "మార్పు")
    git(tmp_path, "commit", "-m", "third")
    written(tmp_path, {"b": "2", "new": "1", "var/x": "1"})
    assert near.changed(tmp_path, "main").files == ("a", "b", "new", "మార్పు")
    assert near.changed(tmp_path, "HEAD").files == ("b", "new")


def test_a_base_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert near.main(["--base", "no-such-branch"]) == 2
    assert capsys.readouterr().err == (
        "no commit no-such-branch here: name one with --base REF or BASE=REF, such as origin/main\n"
    )


def test_nearest_come_first_and_what_has_no_time_is_left_out() -> None:
    tree = chain(*CHAIN)
    steps = near.distances(tree, {"nlu.a": 0})
    assert [steps[module] for module in CHAIN] == [0, 1, 2, 3, 4]
    whole = near.choose(tree, steps, Limits(240, cores=2))
    assert (whole.chosen, whole.left) == ([NEAR, FAR, END], {})
    assert whole.seconds == near.START_SECONDS + 3 * near.SECONDS / 2
    some = near.choose(tree, steps, Limits(near.START_SECONDS + 2 * near.SECONDS, cores=1))
    assert (some.chosen, some.left) == ([NEAR, FAR], {near.NO_TIME: [END]})


def test_changed_test_runs_whatever_it_takes() -> None:
    tree = chain(*CHAIN)
    steps = near.distances(tree, {"tests.c.test_far": 0})
    choice = near.choose(tree, steps, Limits(0))
    assert (choice.chosen, choice.left) == ([FAR], {near.NO_TIME: [END]})


@pytest.mark.parametrize("processes", ["tests.b.stage", "tests.c.test_far"])
def test_processes_are_started_only_for_what_is_close(processes: str) -> None:
    """Also where what a test imports from tests starts them."""
    tree = chain(*CHAIN, processes=[processes])
    far = near.choose(tree, near.distances(tree, {"nlu.a": 0}), Limits(240))
    assert (far.chosen, far.left) == ([NEAR], {near.STARTS: [FAR, END]})
    close = near.choose(tree, near.distances(tree, {"tests.b.stage": 0}), Limits(240))
    assert (close.chosen, close.left) == ([FAR, END], {})


@pytest.mark.parametrize("needing", [["c"], ["c/test_far.py", "c/test_end.py"]])
def test_without_a_model_its_tests_are_left_out(needing: Sequence[str]) -> None:
    tree = chain(*CHAIN)
    choice = near.choose(tree, near.distances(tree, {"nlu.a": 0}), Limits(240, of_model=needing))
    assert (choice.chosen, choice.left) == ([NEAR], {near.NO_MODEL: [FAR, END]})


@pytest.mark.parametrize(
    ("file", "readers"),
    [
        ("nlu/words/a/te.yml", {"nlu.words.tables"}),
        ("data/words.yml", {"tests.other.test_b", "nlu.words.tables"}),
        ("data/bill_view.yml", {"tests.other.test_a"}),
        ("data/talk/greet.yml", {"tests.talk.test_c"}),
        ("nlu/words/gone.py", {"tests.other.test_b"}),
        ("docs/words.md", {"tests.other.test_a"}),
        ("nlu/alone.yml", set()),
    ],
)
def test_who_reads_a_file_that_is_no_module(file: str, readers: set[str]) -> None:
    """The modules beside it, those that name it, and the tests of the table."""
    texts = {
        "nlu.words.tables": "open('words.yml')\nSEE = 'docs/words.md'",
        "tests.other.test_a": "'bill_view', ROOT / 'words.md'",
        "tests.other.test_b": '"data/words.yml"\nfrom nlu.words.gone import it',
        "tests.talk.test_c": "greet = 'greeting'",
    }
    tree = chain(*texts)
    steps, unknown = near.origins(
        Tree(tree.graph, tree.paths, texts, tree.starters), [file], {"data/talk": ["talk"]}
    )
    assert steps == {reader: int(near.is_test(reader)) for reader in readers}
    assert unknown == ([] if readers else [file])


def test_commands_have_a_module() -> None:
    """A group by its name, a command alone by that of its function."""
    group = 'app = typer.Typer(\n    name="log",\n)\n\n@app.command()\ndef show() -> None: ...'
    alone = """
app = typer.Typer(rich_markup_mode=None)

@app.command("list")
@private
def listed() -> None: ...

@app.command(help="x")
def api_keys() -> None: ...
"""
    found = near.commands_of({"a.log": group, "b.keys": alone, "tests.x": group, "c": "log"})
    assert list(found) == [("log", "a.log"), ("list", "b.keys"), ("api-keys", "b.keys")]


def test_table_names_what_there_is() -> None:
    assert [place for place in TABLE["data"] if not (ROOT / place).exists()] == []
    folders = {folder for folders in TABLE["data"].values() for folder in folders}
    named = {*folders, *TABLE["live model"]}
    assert [one for one in named if not (ROOT / "tests" / one).exists()] == []


def test_all_that_need_the_live_model_are_named() -> None:
    """`tests/workbench` needs it only at night."""
    asking = re.compile(r"live_(?:id|release)\((?:ROOT|models_folder)")
    files = [*ROOT.glob("tests/rasa/test_*.py"), *ROOT.glob("tests/*/*.py")]
    without = Limits(0, of_model=[*TABLE["live model"], "workbench", "rasa/conftest.py"])
    asks = {str(file.relative_to(ROOT)) for file in files if asking.search(file.read_text("utf-8"))}
    asks -= {path for path in asks if path.startswith(("tests/backup", "tests/move"))}
    assert [path for path in sorted(asks) if not without.lacks_model(path)] == []


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`SMALL` on a branch where nothing is changed yet."""
    folder = written(tmp_path_factory.mktemp("small"), {**SMALL, ".gitignore": "__pycache__\n"})
    shutil.copy(ROOT / "tests" / "near.py", folder / "tests")
    git(folder, "init", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "first")
    return folder


def ran(folder: Path, *words: str, code: int = 0) -> list[str]:
    """What `python -m tests.near` says there."""
    command = [sys.executable, "-m", "tests.near", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return (done.stdout + done.stderr).splitlines()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "chosen"),
    [
        ("nlu/words.py", ["words/test_words", "words/test_reader"]),
        ("nlu/later.py", ["words/test_reader"]),
        ("nlu/sounds/vowels.yml", ["apart/test_apart"]),
        ("nlu/bills.py", ["apart/test_process"]),
        ("data/bill_view.yml", ["words/test_reader"]),
        ("tests/words/test_words.py", ["words/test_words"]),
    ],
)
def test_a_small_tree_is_chosen_from(small: Path, file: str, chosen: list[str]) -> None:
    """By imports inside functions, modules started by name, commands, names of data; also in a
    folder that has no `__init__.py`."""
    with (small / file).open("a") as open_file:
        open_file.write("# more\n")
    try:
        told = ran(small, "--list")
    finally:
        git(small, "checkout", file)
    assert told[0].endswith(f": {file.split('/')[0]} 1")
    assert told[1].startswith(f"chosen: {len(chosen)} of 4 test files")
    assert told[2:] == [f"tests/{one}.py" for one in chosen]


@pytest.mark.slow
def test_a_small_tree_is_run(small: Path) -> None:
    """One file passes; none of the others has a test, which is no failure."""
    assert ran(small) == ["nothing is changed since main: there is nothing to do"]
    path, new = small / "tests" / "words" / "test_words.py", small / "tests" / "words" / "new.txt"
    before = path.read_text("utf-8")
    try:
        path.write_text("def test_it(): ...\n", "utf-8")
        assert ran(small)[-1].startswith("1 of 4 test files in ")
        path.write_text("def test_it(): assert 0\n", "utf-8")
        ran(small, code=1)
        assert "all tests in these files are nightly" in "\n".join(ran(small, "-k", "other"))
        path.write_text("def test_it(:\n", "utf-8")
        assert "mend it" in ran(small, code=2)[-1]
    finally:
        path.write_text(before, "utf-8")
        new.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def tree() -> Tree:
    """The repository as it is."""
    return near.read_tree(ROOT)


def reached(tree: Tree, *files: str) -> dict[str, int]:
    """Test files by path, and how far away they are."""
    steps = near.distances(tree, near.origins(tree, files, TABLE["data"])[0])
    return {tree.paths[m]: far for m, far in steps.items() if near.is_test(m)}


@pytest.mark.slow
def test_tests_of_this_repository_are_near_what_they_import(tree: Tree) -> None:
    found = reached(tree, "actions/transparency/merkle.py")
    assert found["tests/transparency/test_merkle.py"] == 1
    assert not [path for path in found if path.startswith("tests/speech/")]
    assert reached(tree, "nlu/engine/rasa_engine.py")["tests/conversations/test_access.py"] == 2
    assert len(reached(tree, "tests/conftest.py")) == len(tree.tests)


@pytest.mark.slow
def test_tests_of_this_repository_are_near_the_commands_that_they_start(tree: Tree) -> None:
    found = reached(tree, "actions/commands/log.py")
    assert found["tests/transparency/test_log_commands.py"] == 1
    assert "tests.transparency.test_log_commands" in tree.processes
    assert not {"tests.transparency.test_merkle", "tests.docs.test_links"} & tree.processes
    served = reached(tree, "actions/commands/server.py")
    assert served["tests/notices/test_reaches_the_phone.py"] <= near.PROCESS_STEPS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "test"),
    [
        ("data/services/revenue/income_certificate.yml", "tests/catalogue/test_data.py"),
        ("data/whatsapp.yml", "tests/whatsapp/test_policy.py"),
        ("api/console/models/words.yml", "tests/console/test_models.py"),
        ("Makefile", "tests/architecture/test_nightly.py"),
        ("deploy/grafana/seva.json", "tests/operations/test_dashboard.py"),
    ],
)
def test_tests_of_this_repository_are_near_what_they_read(tree: Tree, file: str, test: str) -> None:
    assert reached(tree, file)[test] <= 2
