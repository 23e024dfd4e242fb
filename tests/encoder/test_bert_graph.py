"""A BERT written node by node gives what torch gives."""

from __future__ import annotations

import numpy as np
import pytest
from onnxruntime import InferenceSession

from nlu.encoder import bert_graph
from tests.deferred import Deferred

torch = Deferred("torch")
transformers = Deferred("transformers")

HEADS, EPSILON = 4, 1e-12


@pytest.fixture(scope="module")
def bert() -> transformers.BertModel:
    torch.manual_seed(1)
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    config = transformers.BertConfig(
        vocab_size=40, num_attention_heads=HEADS, layer_norm_eps=EPSILON, **shape
    )
    return transformers.BertModel(config, add_pooling_layer=False).eval()


@pytest.fixture(scope="module")
def session(
    bert: transformers.BertModel, tmp_path_factory: pytest.TempPathFactory
) -> InferenceSession:
    file = tmp_path_factory.mktemp("graph") / "bert.onnx"
    state = {name: value.numpy() for name, value in bert.state_dict().items()}
    bert_graph.write(state, file, heads=HEADS, epsilon=EPSILON)
    return InferenceSession(str(file), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("lengths", [[1], [7], [3, 7], [7, 7, 1]])
def test_tokens_and_sentences_are_those_of_torch(
    bert: transformers.BertModel, session: InferenceSession, lengths: list[int]
) -> None:
    """Also of a batch whose texts are not of one length."""
    width = max(lengths)
    ids = np.random.default_rng(0).integers(0, 40, (len(lengths), width))
    mask = np.array([[1] * n + [0] * (width - n) for n in lengths], np.int64)
    tokens, sentences = session.run(None, {"input_ids": ids, "attention_mask": mask})
    with torch.no_grad():
        exact = bert(torch.from_numpy(ids), torch.from_numpy(mask)).last_hidden_state.numpy()
    for row, length in enumerate(lengths):
        assert tokens[row, :length] == pytest.approx(exact[row, :length], abs=1e-5)
        mean = exact[row, :length].mean(0)
        assert sentences[row] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)
