"""What a step does besides talking, done in the citizens' stores."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from actions.citizens.handover import Handovers
from actions.citizens.profile import Profiles
from actions.citizens.usage import Usage
from actions.departments.journal import Journal
from actions.dialogue.steps import Erase, Forget, Remember, Step, ToPerson, Used
from nlu.turn import Reply


@dataclass(frozen=True)
class Stores:
    """What is kept outside Rasa's tracker: of citizens, and how often each service was used."""

    profiles: Profiles
    handovers: Handovers
    usage: Usage = field(default_factory=Usage)
    journal: Journal | None = None

    def erase(self, citizen: str) -> None:
        """Deletes what is kept of a citizen, except that they want nothing remembered."""
        self.profiles.refuse(citizen)
        self.handovers.erase(citizen)
        self.forget_requests(citizen)

    def forget_requests(self, citizen: str) -> None:
        """What departments gave the citizen is not found by who they are any more."""
        if self.journal is not None:
            self.journal.unlink(citizen)


def carried_out(step: Step, citizen: str, stores: Stores) -> Step:
    """The step with its effects done, and what they give to say; done twice they change nothing
    more, but that a use is counted twice."""
    told: list[Reply] = []
    for effect in step.effects:
        if isinstance(effect, Remember):
            stores.profiles.remember(citizen, effect.values)
        elif isinstance(effect, Forget):
            stores.profiles.refuse(citizen)
            if effect.requests:
                stores.forget_requests(citizen)
        elif isinstance(effect, Used):
            stores.usage.count(effect.service)
        elif isinstance(effect, Erase):
            stores.erase(citizen)
        elif isinstance(effect, ToPerson):
            number = stores.handovers.open(citizen, effect.record)
            said = effect.said.text.replace("{number}", number)
            told.append(replace(effect.said, text=said))
    asking = next((i for i, said in enumerate(step.replies) if said.buttons), len(step.replies))
    return replace(step, replies=(*step.replies[:asking], *told, *step.replies[asking:]))
