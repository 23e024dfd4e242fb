"""Makes the pages: templates of Jinja in the frame, words in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from api.console.area import Area
from api.console.words import Words

if TYPE_CHECKING:
    from api.console.visit import Visit

_HERE = Path(__file__).parent
_PART = "part"


class Pages:
    """Templates and words of the frame and of all areas."""

    def __init__(self, areas: Sequence[Area], zone: ZoneInfo) -> None:
        """Times are shown in `zone`. Raises MissingWords."""
        self.areas, self._zone = areas, zone
        named = [("frame", _HERE / "words.yml"), *((area.name, area.words) for area in areas)]
        self.words = Words(named)
        folders = [_HERE / "templates", *(area.templates for area in areas)]
        self._templates = Environment(
            loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, name: str, visit: Visit, said: str, values: Mapping[str, Any]) -> str:
        """The HTML. `said`: key of the sentence that the page shows once."""
        template = self._templates.get_template(name)
        say = partial(self._say, visit.language)
        given = {
            **values,
            "visit": visit,
            "account": visit.account,
            "language": visit.language,
            "languages": self.words.languages,
            "path": visit.request.url.path,
            "links": [area for area in self.areas if area.link and visit.may(area.may)],
            "said": say(said) if said in self.words else "",
            "t": say,
            "csrf": partial(_form_field, visit.form_token),
            "moment": self._moment,
            "roles": partial(self._roles, visit.language),
        }
        if visit.part_only and _PART in template.blocks:
            return "".join(template.blocks[_PART](template.new_context(given)))
        return template.render(given)

    def _say(self, language: str, key: str, **values: object) -> str:
        return self.words.say(key, language, values)

    def _roles(self, language: str, held: Sequence[str]) -> str:
        """As people say them; one that is not known any more as it was kept."""
        known = {role: f"frame.role_{role}" for role in held}
        told = [self._say(language, key) if key in self.words else role
                for role, key in known.items()]  # fmt: skip
        return ", ".join(told)

    def _moment(self, seconds: float | None) -> Markup:
        """A time, for people and for machines."""
        if seconds is None:
            return Markup("")
        at = datetime.fromtimestamp(seconds, self._zone)
        return Markup('<time datetime="{}">{}</time>').format(
            at.isoformat(timespec="seconds"), at.strftime("%d.%m.%Y %H:%M")
        )


def _form_field(token: str) -> Markup:
    return Markup('<input type="hidden" name="form_token" value="{}">').format(token)
