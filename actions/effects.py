"""What a step does besides talking, done in the citizens' stores."""

from __future__ import annotations

from dataclasses import dataclass

from actions.dialogue.steps import Forget, Remember, Step
from actions.profile import Profiles


@dataclass(frozen=True)
class Stores:
    """What is kept of citizens outside Rasa's tracker."""

    profiles: Profiles


def carried_out(step: Step, citizen: str, stores: Stores) -> Step:
    """The step with its effects done; done twice they change nothing more."""
    for effect in step.effects:
        if isinstance(effect, Remember):
            stores.profiles.remember(citizen, effect.values)
        elif isinstance(effect, Forget):
            stores.profiles.refuse(citizen)
    return step
