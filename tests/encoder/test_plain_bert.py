"""The form of BERT that is exported computes what transformers' does."""

from __future__ import annotations

import pytest

from nlu.encoder.onnx_export import for_export
from tests.deferred import Deferred

torch = Deferred("torch")
transformers = Deferred("transformers")

SMALL = {
    "vocab_size": 50,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 40,
}


def test_states_are_those_of_transformers_where_there_is_a_token() -> None:
    """Two messages, the shorter one padded."""
    torch.manual_seed(0)
    bert = transformers.BertModel(transformers.BertConfig(**SMALL)).eval()
    ids = torch.randint(50, (2, 9))
    mask = torch.tensor([[1] * 9, [1] * 5 + [0] * 4])
    with torch.no_grad():
        plain = for_export(bert)
        ours = plain(ids, mask).last_hidden_state
        theirs = bert(input_ids=ids, attention_mask=mask).last_hidden_state
    assert plain is not bert
    assert torch.allclose(ours[mask > 0], theirs[mask > 0], atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("XLMRoberta", SMALL),  # counts positions from the padding
        ("Bert", {**SMALL, "hidden_act": "relu"}),
    ],
    ids=["XLMRoberta", "relu"],
)
def test_other_encoders_stay_as_they_are(kind: str, shape: dict[str, int | str]) -> None:
    """What is written here holds for BERT with GELU only."""
    config = getattr(transformers, f"{kind}Config")(**shape)
    other = getattr(transformers, f"{kind}Model")(config)
    assert for_export(other) is other
