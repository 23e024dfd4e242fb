"""Runs the tests that a change can break: `make near`.

    python -m tests.near [--base REF] [--list] [--seconds N] [arguments of pytest]

The change is what differs between the files here, committed or not, and the commit where this
branch left REF. A test file is near when its imports lead to a changed module, directly or through
others; the fewer steps, the nearer. Imports inside functions count, so do names of modules in
strings, and each test file imports the conftest.py of its folder and of those above. A file that
is no module counts as a change of the modules beside it and of those that name it; tests/near.yml
knows the tests of what many read without a name. The nearest run first, until the time is spent.

A test that starts processes of the product reaches nearly every module. It runs only where the
change is at most `PROCESS_STEPS` away, from it or from the command that it starts.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grimp
import yaml

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("nlu", "actions", "api", "benchmarks", "research", "tests")
PROCESS_STEPS = 2
SECONDS = 6.0
"""What a test file takes of a processor in the mean."""
PROCESS_SECONDS = 18.0
"""The same of files that start processes."""
START_SECONDS = 20.0
"""Until every worker has imported what is chosen."""
PROCESSES = "tests.processes"
"""Many take a path or a port from it; who takes `seva` starts processes."""
NO_TESTS = 5
"""What pytest exits with where it found none to run."""
MEMORY = "/dev/shm"

_IN_STRING = re.compile(rf"[\"']((?:{'|'.join(PACKAGES)})(?:\.\w+)+)(?::\w+)?[\"']")
_STARTS = re.compile(
    r"[\"']nlu\.cli[\"']|-m nlu\.cli\b"
    rf"|from {re.escape(PROCESSES)} import (?:\([^)]*|[^(\n]*)\bseva\b"
)
_IN_PROCESS = re.compile(r"^from nlu\.cli import", re.MULTILINE)
_GROUP = re.compile(r"typer\.Typer\(\s*name=\"([\w-]+)\"")
_COMMAND = re.compile(r"@\w+\.command\((?:\"([\w-]+)\")?[^\n]*\)\n(?:@[^\n]*\n)*def (\w+)")
_FIRST_WORD = re.compile(r"[\"']([a-z][a-z-]*)[\"' ]")


class Refused(Exception):
    """The tests cannot be chosen; the words say what to do."""


@dataclass(frozen=True)
class Change:
    """Paths that differ from the commit where the branch left `base`."""

    base: str
    ancestor: str
    files: tuple[str, ...]


def changed(root: Path, base: str) -> Change:
    """Committed, uncommitted and untracked; a file that moved counts at both places."""
    if not _git(root, "rev-parse", "--verify", "--quiet", f"{base}^{{commit}}"):
        raise Refused(
            f"no commit {base} here: name one with --base REF or BASE=REF, such as origin/main"
        )
    ancestor = _git(root, "merge-base", base, "HEAD").strip()
    if not ancestor:
        raise Refused(f"{base} and HEAD have no commit in common: name another one with --base REF")
    differ = _git(root, "diff", "--name-only", "--no-renames", "-z", ancestor)
    new = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return Change(base, ancestor, tuple(sorted({*differ.split("\0"), *new.split("\0")} - {""})))


def _git(root: Path, *words: str) -> str:
    """What git says; nothing where it fails."""
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True)
    return "" if done.returncode else done.stdout


@dataclass(frozen=True)
class Tree:
    """What imports what, and the sources."""

    graph: grimp.ImportGraph
    paths: Mapping[str, str]
    """The file of each module."""
    texts: Mapping[str, str]
    starters: frozenset[str]
    """Modules that start processes of the product."""

    @property
    def tests(self) -> list[str]:
        """Modules that are test files."""
        return sorted(filter(is_test, self.paths))

    @property
    def processes(self) -> frozenset[str]:
        """Test files that start processes, themselves or through what they import from tests."""
        found, new = set(self.starters), set(self.starters)
        while new:
            above = {one for m in new for one in self.graph.find_modules_that_directly_import(m)}
            new = {one for one in above if one.startswith("tests.")} - found
            found |= new
        return frozenset(filter(is_test, found))


def is_test(module: str) -> bool:
    """Whether pytest collects it."""
    return module.startswith("tests.") and module.rpartition(".")[2].startswith("test_")


def read_tree(root: Path, packages: Sequence[str] = PACKAGES) -> Tree:
    """The packages below `root`, which Python has to find there too."""
    names = [found for package in packages for found in _roots(root, package)]
    try:
        graph = grimp.build_graph(*names, cache_dir=None)
    except grimp.exceptions.SourceSyntaxError as error:
        raise Refused(f"{error}: mend it, then the tests can be chosen") from error
    stems = {module: module.replace(".", "/") for module in graph.modules}
    files = [(m, f"{stem}{end}") for m, stem in stems.items() for end in (".py", "/__init__.py")]
    paths = {module: path for module, path in files if (root / path).is_file()}
    texts = {module: (root / path).read_text("utf-8") for module, path in paths.items()}
    starters = frozenset(
        module
        for module, text in texts.items()
        if module.startswith("tests.") and module != PROCESSES and _STARTS.search(text)
    )
    tree = Tree(graph, paths, texts, starters)
    for importer, imported in [*_named(tree), *_conftests(tree), *_started(tree)]:
        if importer != imported:
            graph.add_import(importer=importer, imported=imported)
    return tree


def _roots(root: Path, package: str) -> list[str]:
    """The package, and its folders of modules that have no `__init__.py`."""
    folders = {path.parent for path in (root / package).rglob("*.py")}
    outer = [one for one in folders if one == root / package or not (one / "__init__.py").is_file()]
    parts = [folder.relative_to(root).parts for folder in outer]
    return sorted(".".join(words) for words in parts if all(map(str.isidentifier, words)))


def _named(tree: Tree) -> Iterator[tuple[str, str]]:
    """Imports by a string: entry points, processes, what is imported late."""
    for module, text in tree.texts.items():
        for name in _IN_STRING.findall(text):
            while name and name not in tree.paths:
                name = name.rpartition(".")[0]
            if "." in name:
                yield module, name


def _conftests(tree: Tree) -> Iterator[tuple[str, str]]:
    """What pytest loads before a test file."""
    for conftest in [module for module in tree.paths if module.endswith(".conftest")]:
        folder = conftest.removesuffix("conftest")
        yield from ((module, conftest) for module in tree.tests if module.startswith(folder))


def _started(tree: Tree) -> Iterator[tuple[str, str]]:
    """From who runs commands of `seva` to the modules of those that it names."""
    commands = defaultdict[str, set[str]](set)
    for word, module in commands_of(tree.texts):
        commands[word].add(module)
    for module, text in tree.texts.items():
        if module in tree.starters or (is_test(module) and _IN_PROCESS.search(text)):
            for word in commands.keys() & _FIRST_WORD.findall(text):
                yield from ((module, command) for command in commands[word])


def commands_of(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The first word of each command of `seva`, and a module that has it."""
    for module, text in texts.items():
        if "typer.Typer(" in text and not module.startswith("tests."):
            alone = [name or function for name, function in _COMMAND.findall(text)]
            for word in _GROUP.findall(text) or alone:
                yield word.replace("_", "-"), module


def origins(
    tree: Tree, files: Iterable[str], table: Mapping[str, Sequence[str]]
) -> tuple[dict[str, int], list[str]]:
    """Modules that count as changed, with 0, and test files that read a changed file, with 1; and
    the files that nothing is known to read. `table` is `data` of tests/near.yml."""
    steps: dict[str, int] = {}
    unknown, modules = [], {path: module for module, path in tree.paths.items()}
    for file in files:
        if file in modules:
            steps[modules[file]] = 0
            continue
        readers = {*_beside(tree, file), *_naming(tree, file), *_of_table(tree, file, table)}
        for reader in readers:
            steps.setdefault(reader, int(is_test(reader)))
        if not readers:
            unknown.append(file)
    return steps, unknown


def _beside(tree: Tree, file: str) -> list[str]:
    """The modules directly in the folder of a data file, or in the nearest one that has some. In
    the uppermost folder of a package they have too little in common."""
    if file.split("/")[0] not in PACKAGES or file.endswith(".py"):
        return []
    for folder in map(str, list(Path(file).parents)[:-2]):
        inside = [m for m, path in tree.paths.items() if os.path.dirname(path) == folder]
        if any(not tree.paths[module].endswith("__init__.py") for module in inside):
            return inside
    return []


def _naming(tree: Tree, file: str) -> list[str]:
    """Modules with its name in a string; of data, also that of a service, a form, a department.
    A module that is no more is looked for by its dotted name."""
    path = Path(file)
    names = [path.name]
    if path.suffix == ".py" and path.parts[0] in PACKAGES:
        names = [".".join(path.with_suffix("").parts)]
    elif path.parts[0] == "data" and "_" in path.stem:
        names.append(path.stem)
    pattern = re.compile(rf"(?:[\"'/]|from |import )(?:{'|'.join(map(re.escape, names))})[\"'\s]")
    naming = [m for m, text in tree.texts.items() if any(n in text for n in names)]
    if path.suffix == ".md":  # which nothing of the product reads
        naming = [module for module in naming if module.startswith("tests.")]
    return [module for module in naming if pattern.search(tree.texts[module])]


def _of_table(tree: Tree, file: str, table: Mapping[str, Sequence[str]]) -> list[str]:
    places = [place for place in table if f"{file}/".startswith(f"{place}/")]
    folders = tuple(f"tests/{folder}/" for place in places for folder in table[place])
    return [module for module in tree.tests if tree.paths[module].startswith(folders)]


def distances(tree: Tree, steps: Mapping[str, int]) -> dict[str, int]:
    """How many imports lie between a module and the nearest change."""
    found: dict[str, int] = {}
    distance, wave = 0, {module for module, step in steps.items() if step == 0}
    while wave or distance <= max(steps.values(), default=-1):
        found.update(dict.fromkeys(wave, distance))
        above = {one for m in wave for one in tree.graph.find_modules_that_directly_import(m)}
        distance += 1
        later = {module for module, step in steps.items() if step == distance}
        wave = (above | later) - found.keys()
    return found


@dataclass(frozen=True)
class Choice:
    """Paths of test files, the nearest first, and for each reason those left out."""

    chosen: Sequence[str]
    seconds: float
    left: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Limits:
    """What a run may take, and what it has."""

    seconds: float
    cores: int = os.cpu_count() or 1
    of_model: Sequence[str] = ()
    """Folders and files of tests that need a live model, where there is none."""

    def lacks_model(self, path: str) -> bool:
        """Whether the test file would only say that there is no model."""
        inside = path.removeprefix("tests/")
        return any(inside == one or inside.startswith(f"{one}/") for one in self.of_model)


NO_MODEL = "need the live model (`make train` makes one)"
STARTS = "start processes of the product, and are not close (`make test` runs them)"
NO_TIME = "do not fit into the time, being farther or longer (--seconds gives more)"


def choose(tree: Tree, steps: Mapping[str, int], limits: Limits) -> Choice:
    """`steps` are those of `distances`. A changed test file (0) runs whatever it takes; of the
    others the nearest for which there is time."""
    processes, spent = tree.processes, START_SECONDS
    chosen: list[str] = []
    left = defaultdict[str, list[str]](list)
    takes = {m: (PROCESS_SECONDS if m in processes else SECONDS) / limits.cores for m in tree.tests}
    for module in sorted(steps.keys() & takes, key=lambda m: (steps[m], takes[m], m)):
        path, far = tree.paths[module], steps[module]
        if limits.lacks_model(path):
            left[NO_MODEL].append(path)
        elif module in processes and far > PROCESS_STEPS:
            left[STARTS].append(path)
        elif far and spent + takes[module] > limits.seconds:
            left[NO_TIME].append(path)
        else:
            chosen.append(path)
            spent += takes[module]
    return Choice(chosen, spent, left)


def told(change: Change, choice: Choice, unknown: Sequence[str], tests: int) -> Iterator[str]:
    """Lines about what changed, what runs and what does not."""
    yield f"changed since {change.base} ({change.ancestor[:8]}): {_counted(change.files, 0)}"
    chosen = f"{len(choice.chosen)} of {tests} test files, about {choice.seconds:.0f} s"
    yield f"chosen: {chosen}: {_counted(choice.chosen, 1)}"
    for why, paths in choice.left.items():
        yield f"left out: {len(paths)} that {why}: {_counted(paths, 1)}"
    if unknown:
        yield f"no test is known to read {', '.join(unknown)}"


def _counted(paths: Iterable[str], part: int) -> str:
    counts = Counter(path.split("/")[part] for path in paths)
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def run(root: Path, paths: Sequence[str], more: Sequence[str], cores: int) -> int:
    """As `make test` does, on a few files; none that is not nightly is no failure."""
    memory = {"TMPDIR": MEMORY} if os.access(MEMORY, os.W_OK) else {}
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(cores + 1), "--dist", "loadgroup"]
    command += ["-m", "not nightly", *paths, *more]
    status = subprocess.run(command, cwd=root, env={**os.environ, **memory}).returncode
    if status == NO_TESTS:
        print("all tests in these files are nightly, or the arguments left none")
        return 0
    return status


def read_yaml(path: Path) -> dict[str, Any]:
    """Of a file that need not be there."""
    return yaml.safe_load(path.read_text("utf-8")) or {} if path.is_file() else {}


def parser() -> argparse.ArgumentParser:
    """Its words are in `--help`."""
    made = argparse.ArgumentParser(
        prog="python -m tests.near",
        description="Runs the tests that a change can break, the nearest first.",
        epilog="Any other argument is pytest's, such as -x or -k NAME.",
    )
    made.add_argument(
        "--base",
        metavar="REF",
        default=os.environ.get("BASE") or "main",
        help="the change is what came since this branch left REF (environment BASE; main)",
    )
    made.add_argument("--list", action="store_true", help="name the test files, run none")
    most = "choose as many as are estimated to take so long (%(default)g)"
    made.add_argument("--seconds", type=float, default=120, metavar="N", help=most)
    return made


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """The exit status: pytest's, or 2 where nothing could be chosen."""
    began = time.monotonic()
    options, more = parser().parse_known_args(arguments)
    try:
        change = changed(root, options.base)
        if not change.files:
            print(f"nothing is changed since {options.base}: there is nothing to do")
            return 0
        tree = read_tree(root)
    except Refused as error:
        print(error, file=sys.stderr)
        return 2
    table = read_yaml(root / "tests" / "near.yml")
    limits = Limits(
        options.seconds,
        of_model=() if (root / "models" / "live").exists() else table.get("live model", ()),
    )
    steps, unknown = origins(tree, change.files, table.get("data", {}))
    choice = choose(tree, distances(tree, steps), limits)
    lines = told(change, choice, unknown, len(tree.tests))
    print(*lines, *(choice.chosen if options.list else ()), sep="\n", flush=True)
    if options.list or not choice.chosen:
        return 0
    status = run(root, choice.chosen, more, limits.cores)
    count = f"{len(choice.chosen)} of {len(tree.tests)} test files"
    print(f"{count} in {time.monotonic() - began:.0f} s")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
