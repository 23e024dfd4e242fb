"""Topics: known services, each in one topic at most, and no two rows of a list alike."""

from __future__ import annotations

from collections.abc import Iterator

from nlu.catalogue.errors import Problem
from nlu.catalogue.rules.run import Run
from nlu.catalogue.yaml_source import did_you_mean


def topic_problems(check: Run) -> Iterator[Problem]:
    """The file `topics.yml`; a catalogue without one has a menu of its departments."""
    catalogue, file = check.catalogue, check.catalogue.root / "topics.yml"
    known = {*catalogue.services, *(broken.stem for broken in check.broken)}
    seen: dict[str, str] = {}
    for place, topic in enumerate(catalogue.topics.values()):
        rows: dict[tuple[str, str], str] = {}
        for at, name in enumerate(topic.services):
            path = ("topics", str(place), "services", str(at))
            if name not in known:
                what, mend = f"unknown service `{name}`", did_you_mean(name, known)
                yield check.at(file, *path, what=what, mend=mend)
                continue
            if seen.setdefault(name, topic.name) != topic.name:
                what = f"`{name}` is also in the topic {seen[name]}"
                yield check.at(file, *path, what=what, mend="leave it in one of the two")
            service = catalogue.services.get(name)
            for language, menu in (service.menu if service else {}).items():
                other = rows.setdefault((language, menu.casefold()), name)
                if other != name:
                    what = f"the menu title `{menu}` of {name} is also that of {other}"
                    mend = "make them different, so that citizens can tell the two apart"
                    yield check.at(file, *path, what=what, mend=mend)
