"""Dropout from a pool: the share, the scale, fresh masks, silence outside training."""

from __future__ import annotations

from tests.deferred import Deferred

torch = Deferred("torch")
nn = Deferred("torch.nn")
dropout = Deferred("nlu.joint.dropout")


def test_share_and_scale_are_those_of_dropout() -> None:
    torch.manual_seed(1)
    out = dropout.PooledDropout(0.25)(torch.ones(400, 384))
    assert abs(float((out == 0).float().mean()) - 0.25) < 0.01
    assert abs(float(out.mean()) - 1) < 0.01


def test_masks_differ_and_gradients_follow_them() -> None:
    torch.manual_seed(1)
    layer, values = dropout.PooledDropout(0.5), torch.ones(8, 16, requires_grad=True)
    one, other = layer(values), layer(values)
    assert not torch.equal(one, other)
    one.sum().backward()
    assert torch.equal(values.grad != 0, one != 0)


def test_type_of_the_values_stays() -> None:
    assert dropout.PooledDropout(0.1)(torch.ones(4, dtype=torch.bfloat16)).dtype == torch.bfloat16
    assert dropout.PooledDropout(0.1)(torch.ones(4)).dtype == torch.float32


def test_nothing_is_dropped_outside_training() -> None:
    layer = dropout.PooledDropout(0.5).eval()
    assert torch.equal(layer(torch.ones(100)), torch.ones(100))


def test_attention_keeps_all() -> None:
    class SelfAttention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.dropout = nn.Dropout(0.3)

    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.self = SelfAttention()

    class Layer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = Attention()
            self.dropout = nn.Dropout(0.3)

    layer = Layer()
    dropout.set_dropout(layer, 0.1)
    assert layer.attention.self.dropout.p == 0.0
    assert layer.dropout.p == 0.1
