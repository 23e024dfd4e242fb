"""A featuriser as large as LaBSE, for speed and memory only: its weights are random.

Stands for Rasa's `LanguageModelFeaturizer` with `rasa/LaBSE` (BERT base: 12 layers of 768, 12
heads, feed-forward 3,072, vocabulary 501,153; Feng et al. 2022, "Language-agnostic BERT Sentence
Embedding"). That component needs TensorFlow weights, which the installed transformers no longer
loads, and the hub; the same network runs here in torch, which is the faster of the two. Word
pieces are counted as four characters each and numbered by hash: which they are changes no time.
"""

from __future__ import annotations

import zlib
from typing import Any, Dict, List

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, FEATURE_TYPE_SEQUENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

VOCABULARY = 501_153
_PIECE = 4  # characters
_ALIAS = "labse_size"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class LabseSizeFeaturizer(DenseFeaturizer, GraphComponent):
    """Dense features of each token and of the message, as LanguageModelFeaturizer adds them."""

    def __init__(self) -> None:
        """Makes the network; about two gigabytes."""
        super().__init__(_ALIAS, {"alias": _ALIAS})
        import torch
        from transformers import BertConfig, BertModel

        torch.manual_seed(0)
        self._torch = torch
        self._bert = BertModel(BertConfig(vocab_size=VOCABULARY)).eval()

    @classmethod
    def validate_config(cls, config: Dict[str, Any]) -> None:
        """There is nothing to set."""

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LabseSizeFeaturizer:
        """Creates the component (see GraphComponent)."""
        return cls()

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds features to all training examples."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Adds features message by message, as they come in from citizens."""
        for message in messages:
            tokens = [token.text for token in message.get(TOKENS_NAMES[TEXT]) or ()]
            if tokens:
                self._add(message, tokens)
        return messages

    def _add(self, message: Message, tokens: List[str]) -> None:
        pieces = [_pieces(token) for token in tokens]
        ids = [0, *(piece for some in pieces for piece in some), 1][:512]
        with self._torch.inference_mode():
            states = self._bert(self._torch.tensor([ids])).last_hidden_state[0].numpy()
        ends = np.cumsum([len(some) for some in pieces])
        firsts = np.minimum(1 + ends - [len(some) for some in pieces], len(ids) - 1)
        for kind, rows in (
            (FEATURE_TYPE_SEQUENCE, states[firsts]),
            (FEATURE_TYPE_SENTENCE, states[:1]),
        ):
            message.add_features(Features(rows, kind, TEXT, _ALIAS))


def _pieces(token: str) -> List[int]:
    parts = [token[i : i + _PIECE] for i in range(0, len(token), _PIECE)]
    return [2 + zlib.crc32(part.encode()) % (VOCABULARY - 2) for part in parts]
