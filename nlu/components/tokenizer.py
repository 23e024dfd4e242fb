"""Tokens for Telugu, Hindi and Latin text: indic-nlp's tokeniser with true offsets.

Rasa reads them, for instance where `rasa test nlu` compares entities token by token. No component
of Seva does: docs/understanding.md says what each library is for.
"""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

import regex
from indicnlp.tokenize.indic_tokenize import trivial_tokenize
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from nlu.text.cache import kept

_SPACED = regex.compile(r"\S+")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class IndicTokenizer(Tokenizer):
    """Splits at spaces and at Indic and Latin punctuation, never inside a syllable."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Settings of Rasa's tokenisers, unchanged."""
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "prefix_separator_symbol": None,
        }

    def tokenize(self, message: Message, attribute: str) -> List[Token]:
        """Tokens of one attribute of a message, with offsets into its raw text."""
        text = message.get(attribute)
        tokens: List[Token] = []
        for span in _SPACED.finditer(text):
            at = span.start()
            for piece in _pieces(span.group()):
                start = text.index(piece, at)
                tokens.append(Token(piece, start))
                at = start + len(piece)
        return self._apply_token_pattern(tokens)


@kept(16384)
def _pieces(word: str) -> Tuple[str, ...]:
    """The pieces of a word without spaces. They are cached, because the same words come again."""
    return tuple(trivial_tokenize(word))
