"""Seva's own sentences, in the citizen's language."""

from __future__ import annotations

from api.ports import Phrases
from api.whatsapp.render import RenderWords

NEEDED = (
    *("choose_one", "choose_button", "more", "document_caption", "document_failed"),
    *("old_button", "not_understood_voice", "voice_failed", "voice_too_long"),
    *("unsupported_message", "empty_message", "message_too_long", "internal_error"),
    *("listening", "news", "turn_too_long"),
)


class Wording:
    """Phrases by name; fails at start, not in a conversation, if one is missing."""

    def __init__(self, phrases: Phrases, default_language: str) -> None:
        missing = [name for name in NEEDED if name not in phrases]
        if missing:
            raise ValueError(f"data/phrases.yml lacks: {', '.join(missing)}")
        self._phrases, self._default = phrases, default_language

    def say(self, name: str, language: str | None) -> str:
        """A phrase as it is written."""
        words = self._phrases[name]
        return words.get(language or self._default) or words[self._default]

    def headed(self, about: str, text: str, language: str | None) -> str:
        """News under what they are about."""
        return self.say("news", language).format(about=about, text=text)

    def for_rendering(self, language: str | None) -> RenderWords:
        """The words on what rendering adds."""
        return RenderWords(
            choose_one=self.say("choose_one", language),
            choose_button=self.say("choose_button", language),
            more=self.say("more", language),
            document_caption=self.say("document_caption", language),
        )
