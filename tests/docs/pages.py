"""The documentation as data: pages, links, code blocks with what is asked of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(
    r"(?:<!-- (?P<mark>[^>]*?) -->\n)?^```(?P<kind>\w*)\n(?P<body>.*?)^```$", re.M | re.S
)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.M)


@dataclass(frozen=True)
class Block:
    """A fenced block; `mark` is the comment right above it ("run: live", "from: FILE", ...)."""

    page: Path
    line: int
    kind: str
    mark: str
    body: str

    @property
    def name(self) -> str:
        """For test ids."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """Everything that is written for readers."""
    top = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
    found = [ROOT / name for name in (*top, "models/README.md", "deploy/README.md")]
    return [*found, ROOT / "data" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def text(page: str) -> str:
    """A page below the project's folder."""
    return (ROOT / page).read_text("utf-8")


def blocks(mark: str) -> list[Block]:
    """Every block whose mark begins with `mark`, in all pages."""
    return [b for page in pages() for b in _blocks(page) if b.mark.startswith(mark)]


def _blocks(page: Path) -> list[Block]:
    content = page.read_text("utf-8")
    return [
        Block(
            page,
            content.count("\n", 0, m.start()) + 1,
            m["kind"],
            m["mark"] or "",
            m["body"],
        )
        for m in _FENCE.finditer(content)
    ]


def links(page: Path) -> list[str]:
    """Targets of links and images outside code."""
    return _LINK.findall(re.sub(r"`[^`\n]*`", "", prose(page)))


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """Ids of a page's headings, as GitHub makes them."""
    found = set()
    for heading in _HEADING.findall(prose(page)):
        plain = re.sub(r"[`*\[\]]|\(http[^)]*\)", "", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).strip().replace(" ", "-"))
    return found
