"""Which office a grievance is for, by the words for what each office does, in any script."""

from __future__ import annotations

from dataclasses import dataclass

from actions.grievances.cues import Phrase
from actions.grievances.directory import GrievanceDirectory, sounds


@dataclass(frozen=True)
class Routed:
    """The offices that something speaks for, the likeliest first, with their scores."""

    ranked: tuple[tuple[str, float], ...]
    sure: bool

    @property
    def office(self) -> str | None:
        """The office, where it is sure."""
        return self.ranked[0][0] if self.sure else None


def route(directory: GrievanceDirectory, text: str, place: str, kind: str | None = None) -> Routed:
    """The offices for what `text` says. `place` is where, in words; `kind` is that of its
    secretariat (`ward`, `village`) where it is known.

    Words count once for an office, however often they are said. An office of towns (or of
    villages) is likelier in a town (or a village), and so wins where both do the same work.
    """
    weights = directory.weights
    said, where = sounds(text), sounds(place)
    kind = kind or area(directory, (*said, "", *where))
    meant = [directory.vocabulary.meant(word) for word in said]
    scores: dict[str, float] = {}
    for name, office in directory.offices.items():
        score = weights.name * office.names.count(said, meant)
        score += weights.cue * office.cues.count(said, meant)
        scores[name] = score + (weights.area if score and office.area == kind else 0.0)
    ranked = sorted(((n, s) for n, s in scores.items() if s > 0), key=lambda pair: -pair[1])
    ahead = ranked[0][1] - (ranked[1][1] if len(ranked) > 1 else 0.0) if ranked else 0.0
    sure = bool(ranked) and ranked[0][1] >= weights.sure and ahead >= weights.ahead
    return Routed(tuple(ranked), sure)


def area(directory: GrievanceDirectory, said: Phrase) -> str | None:
    """Whether words speak of a village or of a town; None where neither or both."""
    meant = [directory.vocabulary.meant(word) for word in said]
    spoken = [kind for kind, cues in directory.areas.items() if cues.count(said, meant)]
    return spoken[0] if len(spoken) == 1 else None
