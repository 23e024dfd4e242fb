"""Which language to answer in: the citizen's last own words, unless they chose one by name."""

from __future__ import annotations

from dataclasses import replace

from actions.dialogue.settings import DialogueSettings
from actions.dialogue.state import Heard, State
from nlu.catalogue import Catalogue


def follow(state: State, heard: Heard, catalogue: Catalogue, settings: DialogueSettings) -> State:
    """State with the reply language of this message. One that was chosen by name stays until
    another is. Native script always counts; Latin script only when it is clear and long enough, or
    a stranger's first words: in the likeliest language."""
    key = catalogue.languages.keys.get(heard.key or "")
    without_letters = heard.key_confidence == 0.0
    if key is None or key.language == state.language or without_letters or state.language_fixed:
        return state
    if key.script != "Latn":
        return replace(state, language=key.language)
    clear = not state.language_known or heard.key_confidence >= settings.language_confidence
    needed = settings.language_words if state.language_known else settings.first_language_words
    long_enough = len(heard.text.split()) >= needed
    if clear and long_enough:
        return replace(state, language=key.language)
    return state


def named(heard: Heard, catalogue: Catalogue) -> str | None:
    """The reply language a message names ("speak Telugu"), read from `data/languages.yml`."""
    text = heard.text.casefold()
    for language, forms in catalogue.languages.names.items():
        if any(form.casefold() in text for form in forms):
            return language
    return None
