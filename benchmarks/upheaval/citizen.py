"""Citizens made by chance, who read what they are told and go on from there."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from benchmarks.upheaval.facts import Line, Option, Request, Said, Send
from benchmarks.upheaval.post import Letter, letter
from benchmarks.upheaval.records import record
from benchmarks.upheaval.words import Words
from nlu.catalogue import Service

_INSISTS = 0.1
_MINUTE = 60.0
_HARMLESS = ("greet", "thanks", "help", "out_of_scope", "burst", "repeat", "yes", "yes again")
_PUZZLED = 2  # replies without a hint that end a request


@dataclass
class Wish:
    """What a citizen is about: a service and their answers to its questions."""

    service: Service
    answers: dict[str, str]
    request: Request | None = None
    """What a department is asked to do; None where something is only read."""
    puzzled: int = 0
    tries: int = 0


class World:
    """What all citizens share: numbers that nobody else has, and the requests."""

    def __init__(self, words: Words, seed: int) -> None:
        self.words, self.seed = words, seed
        self.requests: list[Request] = []
        self._numbers = itertools.count(1001)

    def number(self) -> int:
        """One that nobody had before."""
        return next(self._numbers)


@dataclass
class Citizen:
    """Writes in one key; `ended` means that nothing new is begun any more."""

    phone: str
    key: str
    world: World
    random: Random
    ready: float = 0.0
    ended: bool = False
    wish: Wish | None = None
    waiting: dict[str, Said] = field(default_factory=dict)
    """Messages without an answer."""
    last: int = 0
    """The timestamp of their last message."""
    _new: list[Send] = field(default_factory=list)
    _references: list[str] = field(default_factory=list)
    _last: Line | None = None
    """What they wrote last, if it may be written twice."""
    _number: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.language = self.key.partition("-")[0]
        self._lately: deque[float] = deque(maxlen=self.world.words.settings["minute"])

    # --- towards the world --------------------------------------------------------------------

    def hear(self, send: Send) -> None:
        """A message of Seva arrives."""
        self._new.append(send)
        self.waiting.pop(send.answers, None)

    @property
    def idle(self) -> bool:
        """Whether nothing is open that they would go on with."""
        return not self.waiting and (self.wish is None or not self._due)

    @property
    def _due(self) -> bool:
        """Whether a request was confirmed that no department has answered yet."""
        return bool(self.wish and self.wish.request and self.wish.request.confirmed)

    def write(self, now: float) -> list[Letter]:
        """What is written now, in the order of its timestamps."""
        return self._written(self._next(), now)

    def insist(self, now: float) -> list[Letter]:
        """What is written without having been answered: sometimes the same once more."""
        if self.ended or self._last is None or self.random.random() > _INSISTS:
            return []
        return self._written([replace(self._last, act=f"{self._last.act}, once more")], now)

    def _written(self, lines: Sequence[Line], now: float) -> list[Letter]:
        if lines:
            self._last = lines[-1] if lines[-1].act in _HARMLESS else None
        span = len(lines) - 1  # a burst was written in the last seconds
        first = max(self.last + 1, int(now) - span)
        letters = []
        for number, line in enumerate(lines):
            said = Said(
                id=f"wamid.in.{self.phone}.{next(self._number)}",
                citizen=self.phone,
                written=first + number,
                text=line.text,
                act=line.act,
                languages=line.languages or self._languages(),
                request=line.request,
            )
            self.last = said.written
            self._lately.append(now)
            self.waiting[said.id] = said
            self._confirms(said)
            letters.append(letter(said, line.tapped))
        return letters

    def pause(self, now: float) -> None:
        """When they write again."""
        settings = self.world.words.settings
        kind = "retry_after" if self.wish and self.wish.tries else "think"
        self.ready = now + self.random.uniform(*settings[kind])
        if len(self._lately) == self._lately.maxlen:
            self.ready = max(self.ready, self._lately[0] + _MINUTE)

    def _confirms(self, said: Said) -> None:
        wish = self.wish
        if said.request and wish and wish.request and wish.request.id == said.request:
            if not wish.request.confirmed:
                self.world.requests.append(wish.request)
            wish.request.confirmed.append(said.id)

    # --- what next ----------------------------------------------------------------------------

    def _next(self) -> list[Line]:
        news, self._new = self._new, []
        lines = self._goes_on(news) if self.wish else self._aside(news)
        return lines or ([] if self.ended else self._begins())

    def _goes_on(self, news: Sequence[Send]) -> list[Line]:
        """With a service begun. Nothing where it is over."""
        words, wish = self.world.words, self.wish
        assert wish is not None
        said = "\n".join(send.text for send in news)
        options = [option for send in news for option in send.options]
        if self._over(wish, said):
            self.wish = None
            return self._aside(news)
        again = _titled(options, words.titles("retry_button"))
        if again is not None:
            return self._retries(wish, again)
        yes = _titled(options, words.titles("confirm_yes"))
        if yes is not None:
            return self._answers_summary(wish, said, yes, options)
        if words.phrase("switch_prompt", said):
            keep = _titled(options, words.titles("no_button"))
            if keep is not None:
                return [Line("keep", keep.title, keep)]
        slot = words.asked(wish.service, said)
        if slot in wish.answers:
            return self._answers_question(wish, slot)
        if words.phrase("change_prompt", said):
            row = next((o for o in options if self._changed(wish, o)), None)
            if row is not None:
                return [Line("change", row.title, row)]
        meant = _titled(options, {*wish.service.menu.values(), *wish.service.title.values()})
        if meant is not None:
            return [Line("meant", meant.title, meant)]
        wish.puzzled += 1
        if wish.puzzled >= _PUZZLED or not self._due:
            self.wish = None
            return [self._cancels()]
        return [Line("again", words.settings["again"][self.key])]

    def _aside(self, news: Sequence[Send]) -> list[Line]:
        """With nothing begun: an offer is declined, a row of a menu tried."""
        words = self.world.words
        options = [option for send in news for option in send.options]
        said = "\n".join(send.text for send in news)
        no = _titled(options, words.titles("remember_no"))
        if no is None and words.phrase("resume_prompt", said):
            no = _titled(options, words.titles("no_button"))
        if no is not None:
            return [Line("decline", no.title, no)]
        greeted = words.phrase("menu_prompt", said) or words.phrase("welcome", said)
        if options and greeted and not self.ended and self.random.random() < 0.5:
            row = self.random.choice(options)
            return [Line("menu", row.title, row)]
        return []

    def _over(self, wish: Wish, said: str) -> bool:
        words, service = self.world.words, wish.service
        if wish.request is None:
            if any(words.outcome(service, name, said) for name in service.replies):
                return True
            return any(words.phrase(name, said) for name in ("cancelled", "denied"))
        ends = ("cancelled", "denied", "unavailable_unsure", "unavailable_overdue")
        if words.outcome(service, "ok", said) or words.outcome(service, "already_open", said):
            self._keeps_reference(service, said)
            return True
        return any(words.phrase(name, said) for name in ends)

    def _keeps_reference(self, service: Service, said: str) -> None:
        prefixes = ("STL", "TRF")
        numbers = [word.strip(".,।") for word in said.split()]
        if service.department == "energy":
            self._references += [one for one in numbers if one.startswith(prefixes)]

    def _retries(self, wish: Wish, again: Option) -> list[Line]:
        wish.tries += 1
        limit = self.world.words.settings["tries"] if wish.request else 2
        if wish.tries > limit:
            self.wish = None
            return []
        return [Line("retry", again.title, again)]

    def _answers_summary(
        self, wish: Wish, said: str, yes: Option, options: Sequence[Option]
    ) -> list[Line]:
        words, request = self.world.words, wish.request
        no = _titled(options, words.titles("confirm_no"))
        if request is None or no is None:
            self.wish = None
            return [self._cancels()]
        if not self._shows(wish, said):  # not what they meant: never confirmed
            return self._drops(wish, no)
        tap = Line("yes", yes.title, yes, request=request.id)
        if request.confirmed:
            return [tap]
        act = self._chosen(words.settings["confirm"])
        if act == "tap_twice":
            return [tap, Line("yes again", yes.title, yes, request=request.id)]
        if act == "tap_and_thank":
            return [tap, self._chat("thanks")]
        change = _titled(options, words.titles("change_button"))
        if act == "change" and change is not None and len(wish.answers) == 1:
            slot = next(iter(wish.answers))
            wish.answers[slot] = self._place()
            wish.request = self._request(wish.service, wish.answers)
            return [Line("change", change.title, change)]
        if act == "no":
            return self._drops(wish, no)
        if act == "no_and_begin":
            return [*self._drops(wish, no), *self._begins_form()]
        return [tap]

    def _drops(self, wish: Wish, no: Option) -> list[Line]:
        self.wish = None
        return [Line("no", no.title, no)]

    def _answers_question(self, wish: Wish, slot: str) -> list[Line]:
        act = self._chosen(self.world.words.settings["question"])
        if act == "again":
            return [Line("again", self.world.words.settings["again"][self.key])]
        if act == "cancel" and not self._due:
            self.wish = None
            return [self._cancels()]
        if act == "chat":
            return [self._chat("help")]
        return [Line(f"answer {slot}", wish.answers[slot])]

    def _shows(self, wish: Wish, said: str) -> bool:
        """Whether a summary is of what they said."""
        plain = said.replace(",", "")
        return all(
            answer.replace(",", "") in plain
            for slot, answer in wish.answers.items()
            if slot in ("location", "amount")
        )

    def _changed(self, wish: Wish, row: Option) -> bool:
        labels = [
            label
            for slot in wish.service.slots
            if slot.name in wish.answers
            for label in (slot.label or slot.type.label).values()
        ]
        return any(row.title.rstrip("…") in label for label in labels)

    # --- beginning ----------------------------------------------------------------------------

    def _begins(self) -> list[Line]:
        settings = self.world.words.settings
        kind = "read" if self.last == 0 else self._chosen(settings["begin"])
        if kind == "form":
            return self._begins_form()
        if kind == "read":
            return self._begins_read()
        if kind == "menu":
            return [self._chat("greet")]
        if kind == "burst":
            return self._burst()
        if kind == "language":
            return [self._language_change()]
        return [self._chat(self.random.choice(settings["chats"]))]

    def _begins_form(self) -> list[Line]:
        service, answers = self._wished("forms")
        self.wish = Wish(service, answers, self._request(service, answers))
        return [Line("begin", self._said(service.name))]

    def _begins_read(self) -> list[Line]:
        service, answers = self._wished("reads")
        self.wish = Wish(service, answers)
        return [Line("read", self._said(service.name))]

    def _burst(self) -> list[Line]:
        """Several things at once, none of which asks back; sometimes the same twice."""
        settings = self.world.words.settings
        names = [*settings["unasked"], "greet", "thanks"]
        lines = []
        for _ in range(self.random.randint(*settings["burst"])):
            name = self.random.choice(names)
            lines.append(Line("burst", self._said(name)))
        if self.random.random() < 0.4:
            lines[-1] = Line("repeat", lines[0].text)
        return lines

    def _languages(self) -> frozenset[str]:
        """In which an answer may be: the language asked for, or that of the citizen's own words,
        which replies follow (docs/decisions/reply-language.md)."""
        return frozenset((self.language, self.key.partition("-")[0]))

    def _language_change(self) -> Line:
        languages = self.world.words.settings["languages"]
        chosen = self.random.choice(sorted(languages))
        before, self.language = self.language, chosen
        return Line("language", languages[chosen], languages=self._languages() | {before})

    def _wished(self, kind: str) -> tuple[Service, dict[str, str]]:
        words = self.world.words
        rows: Mapping[str, Any] = words.settings[kind]
        name = self._chosen({name: row["weight"] for name, row in rows.items()})
        answers: dict[str, str] = {}
        for slot, how in rows[name]["answers"].items():
            if how == "reference" and not self._references:
                return self._wished(kind)
            answers[slot] = self._answer(slot, how)
        return words.catalogue.services[name], answers

    def _answer(self, slot: str, how: str) -> str:
        settings = self.world.words.settings
        spoken = self.key.partition("-")[0] if "-" not in self.key else "en"
        if how == "place":
            return self._place()
        if how == "amount":
            return str(self.world.number())
        if how == "mobile":
            return self.phone[-10:]
        if how == "reference":
            return self.random.choice(self._references)
        if how == "record":
            return record(slot, self.random)
        return str(settings["names" if how == "name" else "towns"][spoken])

    def _place(self) -> str:
        number = self.world.number()
        door = f"{number // 1000}-{number % 1000}-{self.random.randint(1, 30)}"
        return str(self.world.words.settings["places"][self.key].format(door))

    def _request(self, service: Service, answers: Mapping[str, str]) -> Request:
        return Request(
            id=f"request-{self.world.number()}",
            citizen=self.phone,
            service=service.name,
            department=service.department,
            operation=service.operation,
            values=dict(answers),
        )

    # --- words --------------------------------------------------------------------------------

    def _said(self, name: str) -> str:
        words, place = self.world.words, (self.key, name)
        first = words.openings[place] if self.last == 0 else ()
        return self.random.choice(list(first or words.texts[place]))

    def _chat(self, name: str) -> Line:
        return Line(name, self._said(name))

    def _cancels(self) -> Line:
        return Line("cancel", self.world.words.settings["cancel"][self.key])

    def _chosen(self, weights: Mapping[str, float]) -> str:
        return self.random.choices(list(weights), list(weights.values()))[0]


def _titled(options: Sequence[Option], titles: frozenset[str] | set[str]) -> Option | None:
    """The latest option with one of these titles."""
    return next((one for one in reversed(options) if one.title in titles), None)
