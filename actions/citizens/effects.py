"""What a step does besides talking, done in the citizens' stores."""

from __future__ import annotations

from dataclasses import dataclass, replace

from actions.citizens.handover import Handovers
from actions.citizens.profile import Profiles
from actions.departments.journal import Journal
from actions.dialogue.steps import Forget, Remember, Step, ToPerson
from nlu.turn import Reply


@dataclass(frozen=True)
class Stores:
    """What is kept of citizens outside Rasa's tracker."""

    profiles: Profiles
    handovers: Handovers
    journal: Journal | None = None


def carried_out(step: Step, citizen: str, stores: Stores) -> Step:
    """The step with its effects done, and what they give to say; done twice they change nothing
    more."""
    told: list[Reply] = []
    for effect in step.effects:
        if isinstance(effect, Remember):
            stores.profiles.remember(citizen, effect.values)
        elif isinstance(effect, Forget):
            stores.profiles.refuse(citizen)
            if effect.requests and stores.journal is not None:
                stores.journal.unlink(citizen)
        elif isinstance(effect, ToPerson):
            number = stores.handovers.open(citizen, effect.record)
            said = effect.said.text.replace("{number}", number)
            told.append(replace(effect.said, text=said))
    asking = next((i for i, said in enumerate(step.replies) if said.buttons), len(step.replies))
    return replace(step, replies=(*step.replies[:asking], *told, *step.replies[asking:]))
