"""What a step does besides talking, done in the citizens' stores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from actions.citizens.handover import Handovers
from actions.citizens.profile import Profiles
from actions.citizens.usage import Usage
from actions.departments.journal import Journal
from actions.dialogue.steps import Effect, Erase, Forget, NoLonger, Remember, Step, ToPerson, Used
from nlu.turn import Reply


@dataclass(frozen=True)
class Stores:
    """What is kept outside Rasa's tracker: of citizens, and how often each service was used."""

    profiles: Profiles
    handovers: Handovers
    usage: Usage = field(default_factory=Usage)
    journal: Journal | None = None

    def forget(self, citizen: str, *, requests: bool) -> None:
        """Nothing of a citizen is remembered; with `requests`, nor what departments gave them."""
        self.profiles.refuse(citizen)
        if requests and self.journal is not None:
            self.journal.unlink(citizen)

    def erase(self, citizen: str) -> None:
        """Deletes what is kept of a citizen, except that they want nothing remembered."""
        self.forget(citizen, requests=True)
        self.handovers.erase(citizen)


def carried_out(step: Step, citizen: str, stores: Stores) -> Step:
    """The step with its effects done, and what they give to say; done twice they change nothing
    more, but that a use is counted twice."""
    told = done(step.effects, citizen, stores)
    asking = next((i for i, said in enumerate(step.replies) if said.buttons), len(step.replies))
    return replace(step, replies=(*step.replies[:asking], *told, *step.replies[asking:]))


def done(effects: Iterable[Effect], citizen: str, stores: Stores) -> list[Reply]:
    """Does the effects; what they give to say."""
    told: list[Reply] = []
    for effect in effects:
        if isinstance(effect, Remember):
            stores.profiles.remember(citizen, effect.values)
        elif isinstance(effect, Forget):
            stores.forget(citizen, requests=effect.requests)
        elif isinstance(effect, Used):
            stores.usage.count(effect.service)
        elif isinstance(effect, Erase):
            stores.erase(citizen)
        elif isinstance(effect, ToPerson):
            number = stores.handovers.open(citizen, effect.record)
            said = effect.said.text.replace("{number}", number)
            told.append(replace(effect.said, text=said))
        elif isinstance(effect, NoLonger):
            for number in stores.handovers.answered_elsewhere(citizen, effect.requests):
                said = effect.said.text.replace("{number}", number)
                told.append(replace(effect.said, text=said))
    return told
