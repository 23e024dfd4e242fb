"""How the joint network is trained. Chosen on MASSIVE dev and on the catalogue's own development
part; see docs/understanding.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Rates are AdamW learning rates.

    `epochs` passes over the examples, fewer if `budget_minutes` of training would be exceeded.
    `decay` scales the rate from layer to layer downwards. What is kept is the exponential moving
    average of the weights, which looks back on the share `average` of the training. `contrast`
    weighs the supervised contrastive loss, in which negatives from neighbouring intents count
    `neighbour_weight` times; `agreement` the loss between the intents of the examples of one group
    and their mean. With `consistency` each example of a batch goes through twice, with different
    dropout, so that half as many different ones make a batch: the two are a group for `agreement`,
    and `consistency` weighs how far apart their slots are.
    """

    epochs: int = 12
    budget_minutes: float = 50.0
    batch: int = 64
    rate: float = 2e-4
    head_rate: float = 1e-3
    decay: float = 0.95
    warm_up: float = 0.05
    weight_decay: float = 0.01
    dropout: float = 0.1
    smoothing: float = 0.1
    average: float = 0.08
    slot_weight: float = 1.0
    contrast: float = 0.1
    temperature: float = 0.1
    neighbour_weight: float = 4.0
    agreement: float = 0.0
    consistency: float = 0.0
    max_tokens: int = 96
    seed: int = 11
