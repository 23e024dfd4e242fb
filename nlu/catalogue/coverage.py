"""The catalogue as tables of Markdown: sentences by department and key, and every service, by topic
and by department.

`python -m nlu.catalogue.coverage` writes them into docs/catalogue.md and docs/services.md; a test
keeps both true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from nlu.catalogue.loader import load_catalogue
from nlu.catalogue.model import MIXED_KEY, Catalogue, ConversationIntent, Service
from nlu.paths import SHIPPED

PAGE, BEGIN, END = Path("docs/catalogue.md"), "<!-- coverage -->", "<!-- /coverage -->"
SERVICES = Path("docs/services.md")
_HEAD = (
    "# Every service\n\n"
    "Made by `python -m nlu.catalogue.coverage` from `data/services/`; a test keeps it true. Slots "
    "in the order in which they are asked; those in brackets need not be told: a service that "
    "changes something asks for them, with a button to skip them.\n"
)


def coverage(catalogue: Catalogue) -> str:
    """Trained, development, held-out, noisy sentences per department, conversation intent, key."""
    keys = (*catalogue.languages.keys, MIXED_KEY)
    departments: dict[str, list[Service]] = {}
    for service in catalogue.services.values():
        departments.setdefault(service.department, []).append(service)
    rows = []
    for name, services in sorted(departments.items()):
        cells = [_sentences(services, key) for key in keys]
        rows.append((catalogue.departments[name].title["en"], str(len(services)), *cells))
    everything = list(catalogue.services.values())
    total = [_sentences(everything, key) for key in keys]
    rows.append(("**all**", str(len(everything)), *total))
    spoken: dict[str, list[ConversationIntent]] = {}
    for name, intent in catalogue.conversation.items():  # all talk of a file in one row
        row = name if intent.reply is None else f"{intent.file.parent.name}/{intent.file.stem}"
        spoken.setdefault(row, []).append(intent)
    for name, intents in spoken.items():
        rows.append((f"`{name}`", "", *(_sentences(intents, key) for key in keys)))
    return _table(("department", "services", *(f"`{key}`" for key in keys)), rows)


def services(catalogue: Catalogue) -> str:
    """docs/services.md: each topic and each department with its services."""
    parts = [_HEAD, "\n## By topic\n\nAs a greeting offers them, the most used first.\n\n"]
    topics = (
        (topic.title["en"], ", ".join(f"`{name}`" for name in topic.services))
        for topic in catalogue.topics.values()
    )
    parts.append(_table(("topic", "services"), topics))
    for name, department in catalogue.departments.items():
        own = [s for s in catalogue.services.values() if s.department == name]
        if own:
            head = ("service", "kind", "Telugu", "Hindi", "English", "slots", "operation")
            rows = [_row(service) for service in own]
            parts.append(f"\n## {department.title['en']} (`{name}`)\n\n{_table(head, rows)}")
    return "".join(parts)


def _row(service: Service) -> tuple[str, ...]:
    slots = (f"`{s.name}`" if s.required else f"[`{s.name}`]" for s in service.slots)
    calls = [call for call in (service.lookup, service.operation) if call is not None]
    return (
        f"`{service.name}`",
        service.kind,
        *(service.title[language] for language in ("te", "hi", "en")),
        ", ".join(slots) or "-",
        ", ".join(f"`{call}`" for call in calls),
    )


def _sentences(intents: Sequence[Service] | Sequence[ConversationIntent], key: str) -> str:
    trained = sum(len(intent.utterances.get(key, ())) for intent in intents)
    held = sum(len(intent.holdout.get(key, ())) for intent in intents)
    chosen = sum(len(intent.development.get(key, ())) for intent in intents)
    noisy = sum(len(intent.holdout_noisy.get(key, ())) for intent in intents)
    return f"{trained:,} + {chosen:,} + {held:,} + {noisy:,}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    def lines() -> Iterator[str]:
        yield "| " + " | ".join(head) + " |"
        yield "|" + "---|" * len(head)
        for row in rows:
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"

    return "\n".join(lines()) + "\n"


def with_coverage(page: str, table: str) -> str:
    """The page with the table between its two marks. Raises ValueError without the marks."""
    before, _, rest = page.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"{PAGE} lacks {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n{table}{END}{after}"


def write(root: Path = SHIPPED) -> None:
    """Writes both pages."""
    catalogue = load_catalogue(root / "data")
    page = root / PAGE
    page.write_text(with_coverage(page.read_text("utf-8"), coverage(catalogue)), "utf-8")
    (root / SERVICES).write_text(services(catalogue), "utf-8")


if __name__ == "__main__":
    write()
