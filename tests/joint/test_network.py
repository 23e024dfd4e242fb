"""The network's losses against their definitions, and a whole training on a small encoder."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest

from nlu.joint.examples import Example, Span
from nlu.joint.model import JointModel
from nlu.joint.settings import Settings
from nlu.joint.words import Prepared
from tests.deferred import Deferred
from tests.joint.tiny_encoder import tiny_encoder

torch = Deferred("torch")
training = Deferred("nlu.joint.training")
export = Deferred("nlu.joint.export")
network = Deferred("nlu.joint.network")


def test_crf_loss_is_the_negative_log_share_of_the_true_tags() -> None:
    torch.manual_seed(0)
    emissions, transitions, start = torch.randn(2, 3, 3), torch.randn(3, 3), torch.randn(3)
    tags = torch.tensor([[0, 2, 1], [1, 1, 0]])
    mask = torch.tensor([[True, True, True], [True, True, False]])

    def score(row: int, path: tuple[int, ...]) -> torch.Tensor:
        total = start[path[0]] + sum(emissions[row, i, tag] for i, tag in enumerate(path))
        return total + sum(transitions[a, b] for a, b in pairwise(path))

    expected = torch.zeros(())
    for row, length in enumerate((3, 2)):
        paths = torch.stack([score(row, p) for p in product(range(3), repeat=length)])
        expected = expected + torch.logsumexp(paths, 0) - score(row, tuple(tags[row, :length]))
    found = network.crf_loss(emissions, tags, mask, transitions, start)
    assert found.item() == pytest.approx(expected.item() / 5, rel=1e-5)


def test_contrastive_loss_falls_when_an_intent_draws_together() -> None:
    intents = torch.tensor([0, 0, 1, 1])
    close = torch.ones(2, 2)
    apart = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    together = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    assert network.contrastive_loss(together, intents, close, 0.1) < network.contrastive_loss(
        apart, intents, close, 0.1
    )


def test_neighbours_weigh_more_as_negatives() -> None:
    vectors = torch.tensor([[1.0, 0.1], [1.0, 0.2], [0.9, 0.3]])
    intents = torch.tensor([0, 0, 1])
    plain = network.contrastive_loss(vectors, intents, torch.ones(2, 2), 0.1)
    near = torch.tensor([[1.0, 4.0], [4.0, 1.0]])
    assert network.contrastive_loss(vectors, intents, near, 0.1) > plain


def test_examples_of_a_group_are_drawn_to_their_mean() -> None:
    """None for examples by themselves; the less the group agrees, the more."""
    logits = torch.tensor([[2.0, 0.0], [2.0, 0.0], [0.0, 2.0]], requires_grad=True)
    assert float(network.agreement_loss(logits, torch.tensor([0, 1, 2]))) == 0.0
    assert float(network.agreement_loss(logits, torch.tensor([0, 0, 2]))) == pytest.approx(
        0.0, abs=1e-6
    )
    loss = network.agreement_loss(logits, torch.tensor([0, 0, 0]))
    share = logits.detach().softmax(1)
    mean = share.mean(0)
    wanted = (mean * (mean.log() - share.log())).sum(1).mean()
    assert float(loss) == pytest.approx(float(wanted), abs=1e-6)
    loss.backward()
    assert logits.grad is not None
    assert logits.grad[2, 0] < 0 < logits.grad[0, 0]


def test_two_passes_of_a_message_are_drawn_together() -> None:
    """Nothing where they agree; else both move, and words beyond the mask count nothing."""
    mask = torch.tensor([[True, False]] * 2)
    same = torch.tensor([[[2.0, 0.0], [1.0, 0.0]], [[2.0, 0.0], [0.0, 9.0]]])
    assert float(network.consistency_loss(same, mask)) == pytest.approx(0.0, abs=1e-6)
    apart = torch.tensor([[[2.0, 0.0], [0.0, 0.0]], [[0.0, 2.0], [0.0, 9.0]]], requires_grad=True)
    loss = network.consistency_loss(apart, mask)
    share = torch.tensor([2.0, 0.0]).softmax(0)
    assert float(loss) == pytest.approx(float(2 * (share[0] - share[1])), abs=1e-5)
    loss.backward()
    assert apart.grad is not None
    assert apart.grad[0, 0, 0] > 0 > apart.grad[1, 0, 0]
    assert not apart.grad[:, 1].any()


def test_batches_keep_groups_together() -> None:
    """No batch is larger than asked for, no row is lost, none comes twice."""
    rows = [_row(tokens, f"group {tokens // 3}") for tokens in range(3, 60)]
    batches = training._batches(rows, 7, random.Random(1), together=True)
    assert sorted(len(row.prepared.ids) for batch in batches for row in batch) == list(range(3, 60))
    for batch in batches:
        assert len(batch) <= 7
        assert all(sum(row.group == other.group for other in batch) == 3 for row in batch)


def _row(tokens: int, group: str) -> training._Row:
    ids = np.zeros(tokens, np.int64)
    return training._Row(Prepared(ids, ids[:1], ids[:1, None], ((0, 1),)), 0, ids[:1], group)


def test_no_two_of_an_intent_give_no_contrast() -> None:
    loss = network.contrastive_loss(torch.randn(2, 4), torch.tensor([0, 1]), torch.ones(2, 2), 0.1)
    assert loss.item() == 0.0


def test_only_pieces_seen_in_training_move() -> None:
    frozen = torch.nn.Embedding(5, 3)
    before = frozen.weight.detach().clone()
    tuned = network.TunedEmbedding(frozen, torch.tensor([1, 3]))
    with torch.no_grad():
        tuned.difference.weight[1:] += 1.0
    ids = torch.tensor([0, 1, 3])
    moved = tuned(ids)
    assert torch.equal(moved[0], before[0])
    assert torch.allclose(moved[1:], before[[1, 3]] + 1.0)
    assert torch.allclose(tuned.baked()(ids), moved)


def _examples() -> list[Example]:
    examples = []
    for place in ("తిరుపతి", "विजयवाड़ा", "kurnool", "ongole", "guntur", "नेल्लोर"):
        for before, after in (("బస్ టికెట్", ""), ("ticket to", "please"), ("टिकट", "चाहिए")):
            text = f"{before} {place} {after}".strip()
            at = text.index(place)
            examples.append(Example(text, "ticket", (Span(at, at + len(place), "to_stop"),)))
    for text in ("కరెంటు బిల్లు ఎంత", "current bill entha", "बिजली का बिल कितना है", "power bill"):
        examples += [Example(text, "bill"), Example(f"{text}?", "bill")]
    return examples


_QUICK = Settings(epochs=30, batch=8, rate=3e-3, head_rate=1e-2, average=0.1, warm_up=0.1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Example]]:
    folder = tmp_path_factory.mktemp("joint")
    examples = _examples()
    done = training.train(examples, tiny_encoder(folder / "encoder"), _QUICK)
    export.export(done, folder / "int8", max_tokens=32, int8_on=[e.text for e in examples])
    export.export(done, folder / "float32", max_tokens=32)
    return folder, examples


def test_examples_that_pass_twice_are_learned_in_halved_batches(tmp_path: Path) -> None:
    """26 examples in batches of eight: four steps an epoch, and seven where each passes twice."""
    examples, steps = _examples(), []
    settings = replace(_QUICK, agreement=1.0, consistency=1.0)

    def say(line: str, share: float) -> None:
        steps.append(share)

    done = training.train(examples, tiny_encoder(tmp_path / "encoder"), settings, say=say)
    assert len(steps) == 30 * 7 // 50  # one line in fifty steps
    export.export(done, tmp_path / "float32", max_tokens=32)
    understood = JointModel(tmp_path / "float32").understand([e.text for e in examples])
    found = [done.intents[int(one.logits.argmax())] for one in understood]
    assert found == [e.intent for e in examples]


def test_a_trained_network_knows_intents_and_values(trained: tuple[Path, list[Example]]) -> None:
    folder, examples = trained
    model = JointModel(folder / "float32")
    assert model.intents == ("bill", "ticket")
    understood = model.understand([e.text for e in examples])
    found = [model.intents[int(one.logits.argmax())] for one in understood]
    assert found == [e.intent for e in examples]
    right = sum(one.spans == e.spans for one, e in zip(understood, examples))
    assert right >= 0.9 * len(examples)
    for one in understood:
        assert np.linalg.norm(one.vector) == pytest.approx(1.0, abs=1e-4)
        assert len(one.confidences) == len(one.spans)


def test_int8_agrees_with_float32(trained: tuple[Path, list[Example]]) -> None:
    folder, examples = trained
    texts = [e.text for e in examples]
    small, exact = JointModel(folder / "int8"), JointModel(folder / "float32")
    for a, b in zip(small.understand(texts), exact.understand(texts)):
        assert a.logits.argmax() == b.logits.argmax()
        assert float(a.vector @ b.vector) > 0.95


def test_what_a_message_means_does_not_depend_on_its_neighbours(
    trained: tuple[Path, list[Example]],
) -> None:
    folder, examples = trained
    model = JointModel(folder / "int8")
    texts = [e.text for e in examples]
    together = model.understand(texts, workers=2)
    for text, one in zip(texts, together):
        alone = model.understand([text])[0]
        assert np.array_equal(alone.logits, one.logits)


def test_an_empty_message_and_a_very_long_one_are_understood(
    trained: tuple[Path, list[Example]],
) -> None:
    model = JointModel(trained[0] / "int8")
    for text in ("", "?", "బిల్లు " * 500, "x" * 5000):
        (one,) = model.understand([text])
        assert np.isfinite(one.logits).all()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"joint\.onnx is missing; run `seva train`"):
        JointModel(tmp_path)


def test_training_needs_examples(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no examples"):
        training.train([], tmp_path, Settings())
