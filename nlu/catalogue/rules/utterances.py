"""Utterances: enough of them, in the right script, known slots, none in two places."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nlu.catalogue.errors import Problem
from nlu.catalogue.model import LISTS, ConversationIntent, LanguageKey, Service, Utterance
from nlu.catalogue.rules.run import Run
from nlu.catalogue.yaml_source import did_you_mean
from nlu.text.script import counts

_NAMES = {
    **{"utterances": "trained", "development": "a development sentence", "holdout": "held out"},
    "holdout_noisy": "held out as noisy",
}
OUT_OF_SCOPE = "out_of_scope"
CONVERSATION_MARKS = {"language": None}
"""What conversation intents may mark: the language asked for."""


@dataclass(frozen=True)
class Said:
    """An utterance and where it stands."""

    intent: str
    part: str
    key: str
    file: Path
    utterance: Utterance


def utterance_problems(check: Run) -> Iterator[Problem]:
    """Every utterance of services and conversation intents."""
    intents: dict[str, Service | ConversationIntent] = {
        **check.catalogue.conversation,
        **check.catalogue.services,
    }
    seen: dict[str, list[Said]] = {}
    empty = frozenset(map(bare, check.limits.empty_words))
    for name, intent in intents.items():
        roles: Mapping[str, str | None] = CONVERSATION_MARKS
        if isinstance(intent, Service):
            roles = {slot.name: slot.role for slot in intent.slots}
        talk = isinstance(intent, ConversationIntent) and intent.reply is not None
        yield from _counts(check, intent, talk)
        wants = isinstance(intent, Service) or name == OUT_OF_SCOPE or intent.elsewhere
        for said in said_of(name, intent):
            yield from _marks(said, roles)
            yield from _script(check, said)
            yield from _repeated(said, seen, talk, empty if wants else frozenset())
        if check.strict:
            yield from _leaks(check, name, intent)
            if isinstance(intent, Service):
                yield from _swaps(check, name, intent)


def bare(text: str) -> str:
    """Letters, vowel signs and digits only: how utterances are compared."""
    folded = unicodedata.normalize("NFC", text).casefold()
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LMN")


def said_of(name: str, intent: Service | ConversationIntent) -> Iterator[Said]:
    """Every utterance of an intent, learned or not, with where it stands."""
    for part in LISTS:
        for key, found in getattr(intent, part).items():
            for utterance in found:
                yield Said(name, part, key, utterance.file or intent.file, utterance)


def _counts(check: Run, intent: Service | ConversationIntent, talk: bool) -> Iterator[Problem]:
    counts = check.limits.counts
    wanted = {"utterances": counts.trained, "holdout": counts.holdout}
    if talk:
        wanted = {"utterances": counts.talk}
    for part, count in wanted.items():
        for key in check.catalogue.languages.keys:
            found = len(getattr(intent, part).get(key, ()))
            if found < count:
                what = f"{part}.{key} has {found} of at least {count}"
                mend = f"add {count - found} more, as people really write"
                path = intent.path if isinstance(intent, ConversationIntent) else ()
                yield check.at(intent.file, *path, part, key, what=what, mend=mend)


def _marks(said: Said, roles: Mapping[str, str | None]) -> Iterator[Problem]:
    for mark in said.utterance.marks:
        if mark.slot not in roles:
            what = f"the mark names the unknown slot `{mark.slot}`"
            mend = did_you_mean(mark.slot, roles) if roles else "this file has no slots: unmark it"
            yield Problem(said.file, said.utterance.line, what, mend)
        elif mark.role and mark.role != roles[mark.slot]:
            what = f"the mark says role `{mark.role}`, the slot `{mark.slot}` has another"
            mend = f"write `({mark.slot})`, or give the slot `role: {mark.role}`"
            yield Problem(said.file, said.utterance.line, what, mend)


def _script(check: Run, said: Said) -> Iterator[Problem]:
    key = check.catalogue.languages.keys.get(said.key)
    if key is None:
        return
    found = counts(_unmarked(said.utterance))
    total = sum(found.values())
    if key.script == "Latn":
        foreign = total - found["Latn"]
        if foreign:
            what = f"`{said.utterance.text}` has {foreign} letters that are not Latin"
            mend = _move(check, key, found)
            yield Problem(said.file, said.utterance.line, what, mend)
    elif total and 100 * found.get(key.script, 0) < check.limits.script_share * total:
        share = round(100 * found.get(key.script, 0) / total)
        what = f"only {share} % of `{said.utterance.text}` is in the script of `{key.key}`"
        mend = f"at least {check.limits.script_share} % must be: {_move(check, key, found)}"
        yield Problem(said.file, said.utterance.line, what, mend)


def _move(check: Run, key: LanguageKey, found: Mapping[str, int]) -> str:
    script = max(found, key=lambda s: found[s])
    fitting = [k.key for k in check.catalogue.languages.keys.values() if k.script == script]
    same = [k for k in fitting if check.catalogue.languages.keys[k].language == key.language]
    return f"move it to {' or '.join((same or fitting) + ['`mix`'])}, or write it in {key.script}"


def _unmarked(utterance: Utterance) -> str:
    """Text without the marked values, which are often codes or names in another script."""
    pieces, after = [], 0
    for mark in utterance.marks:
        pieces.append(utterance.text[after : mark.start])
        after = mark.end
    return "".join((*pieces, utterance.text[after:]))


def _repeated(
    said: Said, seen: dict[str, list[Said]], talk: bool, empty: frozenset[str]
) -> Iterator[Problem]:
    line, text = said.utterance.line, said.utterance.text
    words = [bare(word) for word in text.split()]
    key = "".join(word for word in words if word not in empty) or "".join(words)
    key = key or (text if talk else "")  # a hand that waves is talk
    if not key:
        yield Problem(said.file, line, f"`{text}` has no letter or digit", "write words")
        return
    for other in seen.setdefault(key, []):
        at = f"{other.file}:{other.utterance.line}"
        if other.intent != said.intent:
            what = f"`{text}` is also an utterance of {other.intent} ({at})"
            yield Problem(said.file, line, what, "one sentence means one thing: keep one of them")
        elif other.part != said.part:
            what = f"`{text}` is both {_NAMES[other.part]} and {_NAMES[said.part]} ({at})"
            yield Problem(said.file, line, what, "write another sentence that is not learned")
        elif other.key == said.key and other.utterance.text.casefold() == text.casefold():
            what = f"`{text}` is written twice ({at})"
            yield Problem(said.file, line, what, "remove one, or write another sentence")
        else:
            continue
        break
    seen[key].append(said)


def _leaks(check: Run, name: str, intent: Service | ConversationIntent) -> Iterator[Problem]:
    """What measures and differs from a trained utterance by hardly more than a marked value."""
    from rapidfuzz import fuzz, process

    trained = {shape(s.utterance): s for s in said_of(name, intent) if s.part == "utterances"}
    for said in said_of(name, intent):
        if said.part == "utterances":
            continue
        best = process.extractOne(
            shape(said.utterance),
            trained.keys(),
            scorer=fuzz.ratio,
            score_cutoff=check.limits.leak_ratio,
        )
        if best and bare(said.utterance.text) != bare(trained[best[0]].utterance.text):
            yield too_alike(said, trained[best[0]], f"{best[1]:.0f} % alike")


def _swaps(check: Run, name: str, service: Service) -> Iterator[Problem]:
    """Trained utterances of a key that differ by hardly more than a word or a marked value."""
    from rapidfuzz import fuzz

    for key in service.utterances:
        before: list[tuple[str, Said]] = []
        for said in said_of(name, service):
            if (said.part, said.key) != ("utterances", key):
                continue
            own = shape(said.utterance)
            for other, earlier in before:
                if max(len(own), len(other)) < check.limits.swap_from:
                    continue
                ratio = fuzz.ratio(own, other, score_cutoff=check.limits.swap_ratio)
                if ratio:
                    yield too_alike(said, earlier, f"{ratio:.0f} % alike")
                    break
            before.append((own, said))


def too_alike(said: Said, other: Said, how: str) -> Problem:
    """The problem of a sentence that teaches or measures nothing new."""
    which = {"utterances": "utterance", "holdout": "hold-out"}.get(said.part, said.part)
    what = (
        f"the {which} `{said.utterance.text}` is {how} to the trained "
        f"`{other.utterance.text}` ({other.file}:{other.utterance.line})"
    )
    learned = said.part == "utterances"
    mend = "write another situation" if learned else "write it in other words"
    return Problem(said.file, said.utterance.line, what, mend)


def shape(utterance: Utterance) -> str:
    """The sentence with each marked value replaced by its slot, without case and punctuation."""
    pieces, after = [], 0
    for mark in utterance.marks:
        pieces += [utterance.text[after : mark.start], f" {mark.slot} "]
        after = mark.end
    pieces.append(utterance.text[after:])
    folded = unicodedata.normalize("NFC", "".join(pieces)).casefold()
    return " ".join(
        "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in folded).split()
    )
