"""Requests that were left for another one: a small stack, the latest last."""

from __future__ import annotations

from dataclasses import replace

from actions.dialogue.settings import DialogueSettings
from actions.dialogue.state import Draft, State
from actions.dialogue.steps import cleared
from nlu.catalogue import Catalogue

__all__ = ["Draft", "fresh", "left", "of_service", "opened", "taken"]


def left(state: State, service: str, settings: DialogueSettings) -> State:
    """The state with the open request put aside for `service`; the same one begun anew is only
    kept where it may have been done already."""
    if not state.service or (state.service == service and not state.in_doubt):
        return state
    draft = Draft(
        service=state.service,
        values=state.values,
        given=state.given,
        asked=state.asked,
        lookup=state.lookup,
        nonce=state.nonce,
        unchecked=state.unchecked,
        since=state.since,
        began=state.began,
        in_doubt=state.in_doubt,
        offers=state.offers,
    )
    others = [other for other in state.kept if other.service != state.service]
    return replace(cleared(state), kept=tuple([*others, draft][-settings.drafts_kept :]))


def of_service(state: State, service: str) -> Draft | None:
    """The kept draft of a service."""
    return next((one for one in state.kept if one.service == service), None)


def taken(state: State, draft: Draft | None = None) -> tuple[Draft | None, State]:
    """A kept draft, or the one left last, and the state without it."""
    draft = draft or (state.kept[-1] if state.kept else None)
    return draft, replace(state, kept=tuple(one for one in state.kept if one is not draft))


def opened(state: State, draft: Draft) -> State:
    """The state with a draft open again."""
    return replace(
        state,
        service=draft.service,
        values=draft.values,
        given=draft.given,
        asked=draft.asked,
        lookup=draft.lookup,
        nonce=draft.nonce,
        unchecked=draft.unchecked,
        since=draft.since,
        began=draft.began,
        in_doubt=draft.in_doubt,
        offers=draft.offers,
    )


def fresh(catalogue: Catalogue, settings: DialogueSettings, state: State, now: float) -> State:
    """The state without drafts that are too old, or whose service is gone. Nothing is too old
    where the time is not known."""
    oldest = now - settings.drop_hours * 3600
    kept = tuple(
        one
        for one in state.kept
        if one.service in catalogue.services and not (now and 0 < one.since < oldest)
    )
    return state if kept == state.kept else replace(state, kept=kept)
