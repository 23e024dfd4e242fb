"""YAML files as typed records: every file of settings and data that code reads by name.

A record is a frozen dataclass. Its fields are the keys of a mapping in the file, its types say what
may stand there, and a default makes a key optional. `read_record` does the rest, with cattrs: it
refuses unknown, missing and repeated keys and values of another type. It collects every problem
of a file, each with its line and what to do about it.
"""

from __future__ import annotations

import dataclasses
import datetime
import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any, Literal, NewType, TypeVar, get_args, get_origin

import cattrs
import yaml
from cattrs.errors import (
    AttributeValidationNote,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn, override

from nlu.fast_yaml import LOADER
from nlu.yaml_mistakes import mistake

T = TypeVar("T")
Seconds = NewType("Seconds", float)
"""A number of seconds above 0."""
TODO = "TODO"
"""What scaffolds leave to be filled; refused wherever text is read."""
Place = tuple[str, ...]
"""Keys and list positions from the top of a file."""
_LISTED = 100  # names that a message still lists one by one
_KEY = "key"
NOT_IN_FILE: Mapping[str, str] = {_KEY: ""}
"""`metadata` of a field that code fills in after reading, such as the name of an entry."""


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a file: where it is, what is wrong, and what to do about it."""

    file: Path
    line: int
    what: str
    mend: str

    def __str__(self) -> str:
        """`file:line: what; what to do`, which editors and terminals turn into a link."""
        return f"{self.file}:{self.line}: {self.what}; {self.mend}"


class RecordError(ValueError):
    """A file that is not the record it must be; the message has one line for each problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


class Misfit(ValueError):
    """A value that does not fit. Hooks and `__post_init__` raise it when they know what to do."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what, self.mend = what, mend


class Faults(ValueError):
    """Everything in a plain value that does not fit a record: where, what, and what to do."""

    def __init__(self, faults: list[tuple[Place, str, str]]) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{_dotted(at)}: {what}" for at, what, _ in faults))


def key(name: str) -> Mapping[str, str]:
    """`metadata` of a field whose key in the file has another name, such as a word that Python
    keeps: `field(metadata=key("for"))`."""
    return {_KEY: name}


def read_record(
    file: Path,
    kind: type[T],
    check: Callable[[T], Iterable[Misfit]] | None = None,
    defaults: Path | None = None,
) -> T:
    """The record in a file. Raises RecordError, which names every problem.

    `check` yields what does not fit though each value is right for itself. Keys that the file lacks
    at its top come from the file `defaults`.
    """
    value = plain(read_node(file))
    if defaults is not None and isinstance(value, Mapping):
        value = {**plain(read_node(defaults)), **value}
    try:
        found = to_record(value, kind)
    except Faults as error:
        raise placed(error, file, defaults) from None
    misfits = list(check(found)) if check else []
    if misfits:
        raise RecordError(Problem(file, 1, misfit.what, misfit.mend) for misfit in misfits)
    return found


def placed(error: Faults, file: Path, defaults: Path | None = None) -> RecordError:
    """The faults with the file and the line of each; `defaults` has what the file lacks."""
    nodes = [(one, read_node(one)) for one in (file, defaults) if one is not None]
    return RecordError(Problem(*_where(nodes, at), what, mend) for at, what, mend in error.faults)


def to_record(value: Any, kind: type[T], at: Place = ()) -> T:
    """A plain value (of a file, or of several that were merged) as a record. Raises Faults.

    `at` is the place of the value in its file.
    """
    try:
        return _CONVERTER.structure(value, kind)
    except Exception as error:
        raise Faults([*_faults(error, at, kind)]) from error


def read_node(file: Path) -> Any:
    """As `compose`, and no key stands twice."""
    node = compose(file)
    if repeated := [*_repeated(node)]:
        mend = "keep one of the two; YAML would silently use the last"
        raise RecordError(
            Problem(file, at, f"`{key}` is given twice", mend) for key, at in repeated
        )
    return node


def compose(file: Path, content: bytes | None = None) -> Any:
    """The top node of a file, whose places have lines. Raises RecordError where it is no YAML."""
    try:
        content = file.read_bytes() if content is None else content
        node = yaml.compose(content.decode("utf-8-sig"), Loader=LOADER)
    except FileNotFoundError:
        mend = "add it; data/README.md shows the tree"
        raise _unread(file, 1, "the file is missing", mend) from None
    except UnicodeDecodeError as error:
        line = (content or b"")[: error.start].count(b"\n") + 1
        raise _unread(file, line, "this is not UTF-8 text", "save the file as UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)
        line, mend = mistake((content or b"").decode("utf-8-sig"), mark.line + 1 if mark else 1)
        raise _unread(file, line, f"this is not YAML ({what})", mend) from None
    if node is None:
        mend = "fill it in; for a service, `seva new-service` does"
        raise _unread(file, 1, "the file is empty", mend)
    return node


def plain(node: Any) -> Any:
    """What a node holds: text, numbers, lists, mappings."""
    return yaml.constructor.SafeConstructor().construct_document(node)


def did_you_mean(value: str, known: Collection[str]) -> str:
    """What to do about an unknown name: the closest known ones, or all if they are few."""
    close = difflib.get_close_matches(value, sorted(known), n=2, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(f"`{name}`" for name in close) + "?"
    if len(known) > _LISTED:
        return f"none of the {len(known)} known names is near it: correct it, or remove it"
    return "use one of: " + ", ".join(sorted(known)) if known else "remove it"


def _unread(file: Path, line: int, what: str, mend: str) -> RecordError:
    return RecordError([Problem(file, line, what, mend)])


def _repeated(node: Any) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated(item)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    yield key.value, key.start_mark.line + 1
                seen.add(key.value)
            yield from _repeated(value)


def _where(nodes: list[tuple[Path, Any]], place: Place) -> tuple[Path, int]:
    """The file that has the place, and its line there."""
    for file, node in nodes[1:]:
        top = {key.value for key, _ in getattr(nodes[0][1], "value", ())}
        if place and place[0] not in top:
            return file, _line(node, place)
    return nodes[0][0], _line(nodes[0][1], place)


def _line(node: Any, place: Place) -> int:
    """The line of a place, or of what is nearest above it."""
    line = int(node.start_mark.line)
    for step in place:
        if isinstance(node, yaml.MappingNode):
            found = [(key, below) for key, below in node.value if key.value == step]
        elif isinstance(node, yaml.SequenceNode) and step.isdigit():
            found = [(below, below) for below in node.value[int(step) : int(step) + 1]]
        else:
            found = []
        if not found:
            break
        key, node = found[0]
        line = int(key.start_mark.line)
    return line + 1


# What a value must be. cattrs would turn one type into another; a file must say what it means.


def _text(value: Any, _: Any) -> str:
    if isinstance(value, str) and TODO not in value:
        return value
    if isinstance(value, str):
        raise Misfit(f"is still to be done: `{value}`", "replace the TODO")
    if value is None:
        raise Misfit("is empty", "fill it in, or remove the line")
    raise Misfit(f"`{value}` is not text", f'put it in quotes: "{value}"')


def _whole(value: Any, _: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise Misfit("must be a whole number", "write digits only, no quotes")


def _number(value: Any, _: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    raise Misfit("must be a number", "write a number, no quotes")


def _seconds(value: Any, _: Any) -> float:
    if type(value) in (int, float) and value > 0:
        return float(value)
    raise Misfit("must be a number of seconds", "write a number above 0")


def _flag(value: Any, _: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise Misfit("must be true or false", "write `true` or `false`, no quotes")


def _day(value: Any, _: Any) -> datetime.date:
    if type(value) is datetime.date:
        return value
    raise Misfit("must be a day", "write it as 2027-03-31, no quotes")


def _path(value: Any, kind: Any) -> Path:
    return Path(_text(value, kind))


def _one_of(kind: Any) -> Callable[[Any, Any], Any]:
    known = get_args(kind)

    def structure(value: Any, _: Any) -> Any:
        if value in known and not isinstance(value, bool):
            return value
        raise Misfit(
            f"`{value}` is not known here", did_you_mean(str(value), list(map(str, known)))
        )

    return structure


def _several(kind: Any) -> Callable[[Any, Any], Any]:
    """A tuple or a frozenset from a list."""
    origin, kinds = get_origin(kind), get_args(kind)
    fixed = origin is tuple and kinds[-1] is not Ellipsis

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, list):
            raise Misfit("must be a list", "write `- item` lines, or `[]` for none")
        if fixed and len(value) != len(kinds):
            raise Misfit(f"must have {len(kinds)} items", "add or remove some")
        found, errors = [], []
        for place, item in enumerate(value):
            inner = kinds[place] if fixed else kinds[0]
            try:
                found.append(_CONVERTER.structure(item, inner))
            except Exception as error:
                note = IterableValidationNote("", place, inner)
                error.__notes__ = [*getattr(error, "__notes__", ()), note]  # type: ignore[attr-defined]
                errors.append(error)
        if errors:
            raise IterableValidationError("", errors, kind)
        return tuple(found) if origin is tuple else frozenset(found)

    return structure


def _record(kind: Any) -> Callable[[Any, Any], Any]:
    keys = {
        name: override(rename=key) if key else override(omit=True)
        for name, key in _keys(kind).items()
    }
    build = make_dict_structure_fn(
        kind,
        _CONVERTER,
        _cattrs_forbid_extra_keys=True,
        _cattrs_detailed_validation=True,
        **keys,
    )

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, Mapping):
            raise Misfit("must be a mapping", "write `key: value` lines under it")
        return build(value, kind)

    return structure


def _keys(kind: Any) -> dict[str, str]:
    """Field -> key; empty for a field that is not in the file."""
    return {one.name: str(one.metadata.get(_KEY, one.name)) for one in dataclasses.fields(kind)}


def _is_listed(kind: Any) -> bool:
    return get_origin(kind) in (tuple, frozenset) and bool(get_args(kind))


def _made() -> cattrs.Converter:
    made = cattrs.Converter(detailed_validation=True)
    plain_hooks = {str: _text, int: _whole, float: _number, bool: _flag}
    for kind, hook in (*plain_hooks.items(), (datetime.date, _day), (Path, _path)):
        made.register_structure_hook(kind, hook)
    made.register_structure_hook_func(lambda kind: kind is Seconds, _seconds)
    made.register_structure_hook_factory(lambda kind: get_origin(kind) is Literal, _one_of)
    made.register_structure_hook_factory(_is_listed, _several)
    made.register_structure_hook_factory(
        lambda kind: isinstance(kind, type) and is_dataclass(kind), _record
    )
    return made


_CONVERTER = _made()


def read_as(kind: Any, hook: Callable[[Any], Any]) -> None:
    """Reads values of a type of one's own (a NewType, a class) with `hook`, wherever they stand."""
    _CONVERTER.register_structure_hook_func(lambda other: other is kind, lambda v, _: hook(v))


# What cattrs raises, as places with words.


def _faults(error: BaseException, at: Place, kind: Any) -> Iterator[tuple[Place, str, str]]:
    if isinstance(error, (ClassValidationError, IterableValidationError)):
        for below in error.exceptions:
            yield from _faults(below, (*at, *_step(below, error)), error.cl)
    elif isinstance(error, ForbiddenExtraKeysError):
        known = [*filter(None, _keys(error.cl).values())]
        for key in sorted(map(str, error.extra_fields)):
            what = f"unknown key `{key}` in {_dotted(at)}"
            yield (*at, key), what, did_you_mean(key, known)
    elif isinstance(error, KeyError) and at and error.args == (at[-1],):
        yield at, f"`{at[-1]}` is missing in {_dotted(at[:-1])}", f"add `{at[-1]}:`"
    elif isinstance(error, Misfit):
        yield at, f"{_dotted(at)}: {error.what}", error.mend
    elif isinstance(error, AttributeError):  # cattrs takes what is no mapping for one
        yield at, f"{_dotted(at)} must be a mapping", "write `key: value` lines under it"
    else:
        yield at, f"{_dotted(at)}: {error}", "correct it"


def _step(error: BaseException, outer: ClassValidationError | IterableValidationError) -> Place:
    """The key or the position at which something inside `outer` went wrong.

    Notes are added from the inside to the outside, so the last one is of `outer`.
    """
    kinds = (AttributeValidationNote, IterableValidationNote)
    notes = [note for note in getattr(error, "__notes__", ()) if isinstance(note, kinds)]
    if not notes:
        return ()
    note = notes[-1]
    if isinstance(note, AttributeValidationNote):
        return (_keys(outer.cl).get(note.name, note.name),)
    return (str(note.index),)


def _dotted(place: Place) -> str:
    return ".".join(place) or "the file"
