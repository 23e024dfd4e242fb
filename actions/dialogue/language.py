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


def named(heard: Heard, catalogue: Catalogue, settings: DialogueSettings) -> str | None:
    """The reply language a message names ("speak Telugu"), read from `data/languages.yml`: the last
    one that is not denied ("I do not know English, tell in Telugu")."""
    wish = settings.language_wish
    said = _words(heard)
    found = [(at, _language(word, catalogue)) for at, word in enumerate(said)]
    names = [(at, code) for at, code in found if code]
    for at, code in reversed(names):
        behind, before = said[at + 1 : at + _NEAR], said[max(0, at - _NEAR) : at]
        if not set(behind) & set(wish.denied_behind) and not set(before) & set(wish.denied_before):
            return code
    return names[-1][1] if names else None


def wished(heard: Heard, catalogue: Catalogue, settings: DialogueSettings) -> str | None:
    """The language of a message that says nothing but that it wants one: whatever is asked, it is
    no answer."""
    if heard.tapped or heard.by_voice:
        return None
    wish = settings.language_wish
    known = {*wish.words, *wish.denied_behind, *wish.denied_before, *settings.polite}
    rest = [word for word in _words(heard) if not _language(word, catalogue)]
    return named(heard, catalogue, settings) if all(word in known for word in rest) else None


def offered(before: State, heard: Heard, settings: DialogueSettings) -> bool:
    """Whether somebody unknown is offered other languages: a few English words were all they wrote,
    and those are said in every language."""
    few = len(heard.text.split()) <= settings.language_words
    return not before.language_known and heard.key == "en" and heard.key_confidence > 0 and few


_NEAR = 3  # words around a language's name


def _words(heard: Heard) -> list[str]:
    return [word for word in (w.strip(".,!?।-") for w in heard.text.casefold().split()) if word]


def _language(word: str, catalogue: Catalogue) -> str | None:
    """The language that a word names, whatever its ending."""
    for language, forms in catalogue.languages.names.items():
        if any(word.startswith(form.casefold()) for form in forms):
            return language
    return None
