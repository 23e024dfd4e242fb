"""Judges a run by what was seen from outside. Every violation names its citizen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise

from benchmarks.upheaval.facts import Facts, Request, Said, Send

Fitting = Callable[[str, str, Sequence[str]], Sequence[str]]
"""(text, language, the citizen's own words) -> what is wrong with it as an answer."""
SENDERS = ("worker", "whatsapp")
"""Processes, by the beginning of their names, whose death leaves a send in doubt."""


@dataclass(frozen=True)
class Rules:
    """What the judge has to know beforehand. Seconds."""

    apologies: Callable[[str], str]
    """The name of the apology in a text, or empty."""
    excused: Mapping[str, Sequence[str]]
    """apology -> processes and departments whose absence is a cause; without a line none is."""
    refused_as_double: Callable[[str], bool]
    """Whether a text says that the department has the request already."""
    fitting: Fitting | None = None
    margin_s: float = 5.0
    """A turn whose first sign came so much later than another message had not begun before it."""
    doubt_before_s: float = 1.0
    doubt_after_s: float = 5.0
    """A send is in doubt where its sender died from so long before to so long after it."""
    aftermath_s: float = 10.0
    """An absence is a cause until so long after its end."""


@dataclass(frozen=True)
class Violation:
    """One thing that must not be."""

    kind: str
    citizen: str
    what: str
    message: str = ""


KINDS = (
    "lost",
    "doubled_replies",
    "order_violations",
    "lost_writes",
    "doubled_writes",
    "unconfirmed_writes",
    "untold_writes",
    "causeless_apologies",
    "wrong_language",
    "replies_to_nothing",
)
"""Each must be zero."""


@dataclass
class Verdict:
    """What is wrong, and what was met that is not wrong."""

    violations: list[Violation] = field(default_factory=list)
    in_doubt: list[str] = field(default_factory=list)
    """Sends made twice because nobody could know that the first had arrived."""
    overtaken: int = 0
    """Answers to later messages that went before an earlier message had come."""
    excused: int = 0
    """Apologies with a cause."""
    news: int = 0
    """Messages that answer none: words while a department is slow, late results."""
    waits: list[float] = field(default_factory=list)
    """Seconds from the first try of a delivery to the first reply."""

    def count(self, kind: str) -> int:
        """How often something happened that must not."""
        return sum(one.kind == kind for one in self.violations)


def judged(facts: Facts, rules: Rules) -> Verdict:
    """The verdict on a run."""
    return _Judge(facts, rules).verdict()


class _Judge:
    def __init__(self, facts: Facts, rules: Rules) -> None:
        self._facts, self._rules, self._found = facts, rules, Verdict()
        self._said = {one.id: one for one in facts.said}
        self._answers: dict[str, list[Send]] = defaultdict(list)
        for send in sorted(facts.sends, key=lambda one: one.at):
            if send.answers in self._said:
                self._answers[send.answers].append(send)
            elif send.tracker.startswith("notice/"):
                self._found.news += 1
            else:
                self._wrong("replies_to_nothing", send.citizen, send.tracker)

    def verdict(self) -> Verdict:
        for message in self._facts.said:
            self._answered(message)
            self._once(message)
            self._in_steps(message)
        for citizen, messages in self._by_citizen().items():
            self._in_order(citizen, messages)
        for send in self._facts.sends:
            self._apology(send)
        self._language()
        self._writes()
        return self._found

    def _wrong(self, kind: str, citizen: str, what: str, message: str = "") -> None:
        self._found.violations.append(Violation(kind, citizen, what, message))

    def _answered(self, message: Said) -> None:
        answers = self._answers.get(message.id)
        if answers:
            self._found.waits.append(answers[0].at - message.posted)
        elif message.taken is not None:
            self._wrong("lost", message.citizen, f"never answered: {message.act}", message.id)

    # --- once ---------------------------------------------------------------------------------

    def _once(self, message: Said) -> None:
        sends: dict[str, list[Send]] = defaultdict(list)
        for send in self._answers.get(message.id, ()):
            sends[send.tracker].append(send)
        for tracker, same in sends.items():
            for first, again in pairwise(same):
                if first.text == again.text and self._in_doubt(first, again):
                    self._found.in_doubt.append(tracker)
                else:
                    other = "" if first.text == again.text else ", with other words"
                    self._wrong(
                        "doubled_replies",
                        message.citizen,
                        f"sent again after {again.at - first.at:.1f} s{other}",
                        message.id,
                    )

    def _in_doubt(self, first: Send, again: Send) -> bool:
        """Whether nobody could know that a send had arrived: its answer was lost with the process
        that waited for it or gave it, and no status had come in time."""
        known = [at for at in self._facts.told.get(first.tracker, ()) if at < again.at - 1]
        if known:
            return False
        begin = first.at - self._rules.doubt_before_s
        end = first.at + self._rules.doubt_after_s
        killed = any(
            begin <= kill.at <= end
            for kill in self._facts.kills
            if kill.process.startswith(SENDERS)
        )
        return killed or first.tracker in self._facts.broken

    # --- in order -----------------------------------------------------------------------------

    def _by_citizen(self) -> dict[str, list[Said]]:
        found: dict[str, list[Said]] = defaultdict(list)
        for message in self._facts.said:
            found[message.citizen].append(message)
        for messages in found.values():
            messages.sort(key=lambda one: one.written)
        return found

    def _in_steps(self, message: Said) -> None:
        """The messages of one answer, in their order."""
        seen = -1
        for send in self._answers.get(message.id, ()):
            if send.step < seen:
                what = f"part {send.step} of an answer after part {seen}"
                self._wrong("order_violations", message.citizen, what, message.id)
            seen = max(seen, send.step)

    def _in_order(self, citizen: str, messages: Sequence[Said]) -> None:
        answered = [one for one in messages if one.id in self._answers]
        for earlier, later in combinations(answered, 2):
            before, after = self._answers[earlier.id], self._answers[later.id]
            if before[-1].at < after[0].at:
                continue
            if before[0].at < after[0].at:
                what = f"sent again after the answer to `{later.act}`, which came later"
                self._wrong("order_violations", citizen, what, earlier.id)
            elif self._could_wait(earlier, later):
                what = f"answered after `{later.act}`, which was written later"
                self._wrong("order_violations", citizen, what, earlier.id)
            else:
                self._found.overtaken += 1

    def _could_wait(self, earlier: Said, later: Said) -> bool:
        """Whether the earlier message was surely there when the turn of the later one began."""
        if earlier.taken is None or later.taken is None:
            return False
        if earlier.written == later.written:  # only their arrival tells which was first
            return earlier.taken <= later.posted
        if earlier.delivery == later.delivery or earlier.taken <= later.posted:
            return True
        sent = self._answers[later.id][0].at
        began = min(self._facts.begun.get(later.id, sent), sent)
        for kill in self._facts.kills:  # while WhatsApp was away, nothing could be shown
            if kill.process == "whatsapp" and later.posted < kill.back and kill.at < began:
                began = max(kill.at, later.posted)
        return earlier.taken + self._rules.margin_s < began

    # --- words --------------------------------------------------------------------------------

    def _apology(self, send: Send) -> None:
        name = self._rules.apologies(send.text)
        if not name:
            return
        message = self._said.get(send.answers)
        begin = message.posted if message else send.at
        causes = tuple(self._rules.excused.get(name, ()))
        if causes and any(a <= send.at and begin <= b for a, b in self._absences(causes)):
            self._found.excused += 1
            return
        self._wrong("causeless_apologies", send.citizen, name, send.answers)

    def _absences(self, of: tuple[str, ...]) -> Iterable[tuple[float, float]]:
        after = self._rules.aftermath_s
        for kill in self._facts.kills:
            if kill.process.startswith(of):
                yield kill.at, kill.back + after
        for outage in self._facts.outages:
            if outage.target.startswith(of):
                yield outage.begin, outage.end + after

    def _language(self) -> None:
        if self._rules.fitting is None:
            return
        own: dict[str, list[str]] = defaultdict(list)
        for message in self._facts.said:
            own[message.citizen].append(message.text)
        for message in self._facts.said:
            for send in self._answers.get(message.id, ()):
                wrong = [
                    self._rules.fitting(send.text, language, own[message.citizen])
                    for language in sorted(message.languages)
                ]
                if wrong and all(wrong):
                    self._wrong("wrong_language", message.citizen, wrong[0][0], message.id)

    # --- books --------------------------------------------------------------------------------

    def _writes(self) -> None:
        written: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for write in self._facts.writes:
            written[write.department, write.operation, write.mark].append(write.reference)
        texts: dict[str, list[str]] = defaultdict(list)
        for send in self._facts.sends:
            texts[send.citizen].append(send.text)
        for request in self._facts.requests:
            key = (request.department, request.operation, request.mark)
            references = written.pop(key, []) if request.confirmed else []
            if request.confirmed:
                self._in_books(request, references, texts[request.citizen])
        for (department, operation, mark), references in written.items():
            whose = next((r.citizen for r in self._facts.requests if r.mark == mark), "")
            what = f"{department} {operation} {', '.join(references)} was never confirmed"
            self._wrong("unconfirmed_writes", whose, what)

    def _in_books(self, request: Request, references: list[str], texts: list[str]) -> None:
        what, said_yes = f"{request.service} {dict(request.values)}", request.confirmed[0]
        if len(references) > 1:
            lines = f"{what}: {', '.join(references)}"
            self._wrong("doubled_writes", request.citizen, lines, said_yes)
        replies = [s.text for one in request.confirmed for s in self._answers.get(one, ())]
        if any(self._rules.refused_as_double(text) for text in replies):
            twice = f"{what}: the department refused it as known"
            self._wrong("doubled_writes", request.citizen, twice, said_yes)
        if not references:
            self._wrong("lost_writes", request.citizen, what, said_yes)
        elif not any(references[0] in text for text in texts):
            self._wrong("untold_writes", request.citizen, f"{what}: {references[0]}", said_yes)
