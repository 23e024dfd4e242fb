"""The rules of `seva check`: each yields the problems of one concern, across files."""

from __future__ import annotations

from nlu.catalogue.rules.departments import department_problems
from nlu.catalogue.rules.run import Rule, Run
from nlu.catalogue.rules.sentences import contrast_problems, sentence_problems
from nlu.catalogue.rules.services import service_problems
from nlu.catalogue.rules.slot_types import slot_type_problems
from nlu.catalogue.rules.spelling import spelling_problems
from nlu.catalogue.rules.topics import topic_problems
from nlu.catalogue.rules.utterances import utterance_problems
from nlu.catalogue.rules.words import words_problems

RULES: tuple[Rule, ...] = (
    words_problems,
    spelling_problems,
    slot_type_problems,
    department_problems,
    service_problems,
    topic_problems,
    utterance_problems,
    sentence_problems,
    contrast_problems,
)

__all__ = ["RULES", "Rule", "Run"]
