"""The phrases of `data/phrases.yml` that the worker itself says, in the citizen's language."""

from __future__ import annotations

from collections.abc import Mapping

from api.whatsapp.render import RenderWords

NEEDED = (
    *("choose_one", "choose_button", "more", "document_caption", "document_failed"),
    *("old_button", "not_understood_voice", "voice_failed", "voice_too_long"),
    *("unsupported_message", "empty_message", "message_too_long", "internal_error"),
    *("listening", "news", "turn_too_long"),
)


class PhraseBook:
    """Phrases by name. A missing phrase is an error at the start, not in a conversation."""

    def __init__(self, phrases: Mapping[str, Mapping[str, str]], default_language: str) -> None:
        missing = [name for name in NEEDED if name not in phrases]
        if missing:
            raise ValueError(f"data/phrases.yml lacks: {', '.join(missing)}")
        self._phrases, self._default = phrases, default_language

    def say(self, name: str, language: str | None) -> str:
        """A phrase as it is written."""
        words = self._phrases[name]
        return words.get(language or self._default) or words[self._default]

    def headed(self, about: str, text: str, language: str | None) -> str:
        """News with a heading that says what they are about."""
        return self.say("news", language).format(about=about, text=text)

    def for_rendering(self, language: str | None) -> RenderWords:
        """The words that rendering needs."""
        return RenderWords(
            choose_one=self.say("choose_one", language),
            choose_button=self.say("choose_button", language),
            more=self.say("more", language),
            document_caption=self.say("document_caption", language),
        )
