"""Makes `data/romanisation` from the lexicons of Dakshina, and measures it.

    python -m nlu.training.romanisation --data ../shared/data

Letters and spellings are aligned by hard expectation maximisation: the best monotone alignment of
each attested pair under the present probabilities, then probabilities from the alignments. It
starts from the rule-based spelling of each letter.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import regex

from nlu.paths import data_folder
from nlu.text.indic_letters import BLOCK, CONSONANTS, FIRST, NASALS, SIGNS, VOWELS, romanise
from nlu.text.romanisation import INHERENT, WINDOWS, Romaniser, contexts, letters
from nlu.text.romanisation import neighbourhoods as around

LANGUAGES = {"te": "te-IN", "hi": "hi-IN"}
LONGEST = 4  # Latin letters that one native letter can become
PASSES = 4
STRENGTH = 6.0  # these three by cross-validation on train (docs/language.md)
LEAST = 3  # observations that a longer context needs to be kept
NEWS = 0.3  # information (nats per observation) that a longer context must add to be kept
FREQUENT = 3  # occurrences in messages that make a word worth its own row
_LATIN = regex.compile("[a-z]+")

Pair = tuple[str, str, int]
"""Native word, its spelling, how many people wrote it so."""


def read_lexicon(path: Path) -> list[Pair]:
    """The rows of a Dakshina lexicon whose spelling is plain Latin letters."""
    rows = (line.split("\t") for line in path.read_text("utf-8").splitlines())
    return [(n, r.lower(), int(c)) for n, r, c in rows if _LATIN.fullmatch(r.lower())]


def _rule(letter: str) -> str:
    """The spelling of one letter that alignment starts from."""
    if letter == INHERENT:
        return "a"
    offset = (ord(letter) - FIRST) % BLOCK
    if offset in NASALS:
        return "n"
    return CONSONANTS.get(offset) or SIGNS.get(offset) or VOWELS.get(offset) or ""


class _Start:
    """Log probabilities before anything was counted: near the rule is likely."""

    def __call__(self, letter: str, spelling: str) -> float:
        rule = _rule(letter)
        if spelling == rule:
            return -0.7
        if not spelling:
            return -2.5 if letter == INHERENT or rule[:1] in "aeiouh" else -5.0
        vowels = set("aeiou")
        score = -2.0 - 1.5 * abs(len(spelling) - len(rule))
        if set(spelling) <= vowels and set(rule) <= vowels:
            return score
        return score if spelling[:1] == rule[:1] else score - 3.0


class _Counted:
    """Log probabilities of spellings given the letter and the one behind it."""

    def __init__(self, counts: Mapping[str, Counter[str]]) -> None:
        self._counts = counts
        self._totals = {letter: sum(c.values()) for letter, c in counts.items()}

    def __call__(self, letter: str, spelling: str) -> float:
        seen = self._counts.get(letter, Counter())[spelling]
        unseen = 0.01 * 0.04 ** len(spelling)
        return math.log((seen + unseen) / (self._totals.get(letter, 0) + 1.0))


def align(sounds: str, spelling: str, score: _Start | _Counted) -> list[str] | None:
    """The likeliest piece of `spelling` for each letter; None where it is too long for them."""
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    size, count = len(spelling), len(sounds)
    for at, letter in enumerate(sounds):
        reach: dict[int, tuple[float, int]] = {}
        left = (count - at - 1) * LONGEST
        for start, (so_far, _) in best[-1].items():
            for end in range(start, min(start + LONGEST, size) + 1):
                if size - end > left:
                    continue
                total = so_far + score(letter, spelling[start:end])
                if end not in reach or total > reach[end][0]:
                    reach[end] = (total, start)
        best.append(reach)
    if size not in best[-1]:
        return None
    pieces, end = [], size
    for reach in reversed(best[1:]):
        start = reach[end][1]
        pieces.append(spelling[start:end])
        end = start
    return pieces[::-1]


def count_letters(pairs: Sequence[Pair]) -> dict[str, Counter[str]]:
    """Spellings per context of every order, from the alignments of the last pass."""
    score: _Start | _Counted = _Start()
    aligned: list[tuple[str, list[str], int]] = []
    for turn in range(PASSES):
        some = pairs if turn == PASSES - 1 else pairs[:: max(1, len(pairs) // 8000)]
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        aligned = []
        for native, spelling, people in some:
            sounds = letters(native)
            pieces = align(sounds, spelling, score)
            if pieces is None:
                continue
            aligned.append((sounds, pieces, people))
            for letter, piece in zip(sounds, pieces):
                counts[letter][piece] += people
        score = _Counted(counts)
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for sounds, pieces, people in aligned:
        for neighbourhood, piece in zip(around(sounds), pieces):
            for context in contexts(neighbourhood):
                found[context][piece] += people
    return found


def prune(counts: Mapping[str, Counter[str]]) -> dict[str, Counter[str]]:
    """Leaves out long contexts that were seen seldom or say what shorter ones say."""
    kept: dict[str, Counter[str]] = {}
    for context in sorted(counts, key=lambda c: (c[0], c)):
        rows, order = counts[context], int(context[0])
        total = sum(rows.values())
        if order and (total < LEAST or _news(context, rows, kept) < NEWS):
            continue
        kept[context] = Counter({s: n for s, n in rows.items() if n > 1 or total < 50})
    return kept


def _news(context: str, rows: Counter[str], kept: Mapping[str, Counter[str]]) -> float:
    """Kullback-Leibler divergence from what the longest shorter context kept says."""
    below = next(c for c in _shorter(context) if c in kept)
    total, under = sum(rows.values()), kept[below]
    size = sum(under.values())
    return sum(
        n / total * math.log(n / total * (size + 1.0) / (under.get(s, 0) + 0.01))
        for s, n in rows.items()
    )


def _shorter(context: str) -> Iterable[str]:
    order = int(context[0])
    window, (before, _) = context[1:], WINDOWS[order]
    for lower in range(order - 1, -1, -1):
        left, right = WINDOWS[lower]
        yield f"{lower}{window[before - left : before + 1 + right]}"


def frequent_words(data: Path, language: str, lexicon: Sequence[Pair]) -> dict[str, Counter[str]]:
    """Attested spellings of the lexicon's words that messages of MASSIVE train use often."""
    path = data / "massive" / f"{LANGUAGES[language]}.train.jsonl"
    seen: Counter[str] = Counter()
    for line in path.read_text("utf-8").splitlines():
        seen.update(json.loads(line)["utt"].split())
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for native, spelling, people in lexicon:
        if seen[native] >= FREQUENT:
            found[native][spelling] += people
    return found


def write_table(path: Path, title: str, rows: Mapping[str, Mapping[str, float]]) -> None:
    """Writes what `nlu.text.romanisation.read_table` reads, likeliest spelling first."""
    lines = [f"; {title}"]
    for key in sorted(rows):
        cells = sorted(rows[key].items(), key=lambda row: (-row[1], row[0]))
        lines.append(key + "\t" + " ".join(f"{s or '-'}:{count:g}" for s, count in cells))
    path.write_text("\n".join(lines) + "\n", "utf-8")


def measure(romaniser: Romaniser | None, pairs: Sequence[Pair]) -> dict[str, float]:
    """Word accuracy (among the attested spellings) and character error rate (to the nearest one).

    `None` measures the rules of `nlu.text.indic_letters`.
    """
    from rapidfuzz.distance import Levenshtein

    attested: dict[str, set[str]] = defaultdict(set)
    for native, spelling, _ in pairs:
        attested[native].add(spelling)
    right = errors = size = 0
    for native, spellings in attested.items():
        guess = romaniser.best(native) if romaniser else romanise(native)
        distance, near = min((Levenshtein.distance(guess, s), s) for s in sorted(spellings))
        right += distance == 0
        errors += distance
        size += len(near)
    words = len(attested)
    return {"words": words, "accuracy": right / words, "cer": errors / size}


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes both files of each language and prints how well dev words are spelled."""
    parser = argparse.ArgumentParser(
        prog="python -m nlu.training.romanisation",
        description="Make data/romanisation from Dakshina's train lexicons; measure on dev.",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of dakshina and massive")
    parser.add_argument("--out", type=Path, default=data_folder() / "romanisation")
    given = parser.parse_args(arguments)
    for language in LANGUAGES:
        lexicon = read_lexicon(given.data / "dakshina" / f"{language}.translit.sampled.train.tsv")
        counts: dict[str, Mapping[str, float]] = dict(prune(count_letters(lexicon)))
        counts["strength"] = {"value": STRENGTH}
        title = f"{language}, counted in Dakshina (CC BY-SA 4.0) by nlu.training.romanisation"
        write_table(given.out / f"{language}.letters.tsv", f"letters of {title}", counts)
        words = frequent_words(given.data, language, lexicon)
        write_table(given.out / f"{language}.words.tsv", f"words of {title}", words)
        dev = read_lexicon(given.data / "dakshina" / f"{language}.translit.sampled.dev.tsv")
        for name, model in (("model", Romaniser.load(given.out, language)), ("rules", None)):
            found = measure(model, dev)
            print(language, name, *(f"{k} {v:.4g}" for k, v in found.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
