"""The network: a transformer encoder with a head for intents and a tagger for slots.

The sentence vector is the mean of the tokens. A word is its first sub-word's vector beside
learned vectors of its character n-grams (as written and as it sounds); its tag is scored by a
linear-chain CRF. Needs torch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from nlu.joint.dropout import PooledDropout
from nlu.joint.words import NGRAMS

NGRAM_SIZE = 96
HIDDEN = 384


class TunedEmbedding(nn.Module):
    """Frozen word embeddings plus a learned difference for the pieces that training sees.

    The difference starts at zero, so that weight decay draws a piece back to where it was, and
    pieces never seen stay there.
    """

    def __init__(self, frozen: nn.Embedding, seen: torch.Tensor) -> None:
        """`seen`: (k,) ids of the pieces in the training data."""
        super().__init__()
        self.frozen = frozen
        self.frozen.weight.requires_grad = False
        self.register_buffer("seen", seen)
        place = torch.zeros(frozen.num_embeddings, dtype=torch.long)
        place[seen] = torch.arange(1, len(seen) + 1)
        self.register_buffer("place", place)
        self.difference = nn.Embedding(len(seen) + 1, frozen.embedding_dim, padding_idx=0)
        nn.init.zeros_(self.difference.weight)

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        """Vectors (..., size) of ids (...)."""
        return self.frozen(input_ids) + self.difference(self.place[input_ids])

    def baked(self) -> nn.Embedding:
        """An ordinary embedding with the differences added."""
        with torch.no_grad():
            self.frozen.weight[self.seen] += self.difference.weight[1:]
        return self.frozen


class JointNetwork(nn.Module):
    """`encoder`: a transformers model giving `last_hidden_state`."""

    def __init__(self, encoder: Any, intents: int, tags: int, dropout: float = 0.1) -> None:
        """`intents` and `tags` are counts; `tags` includes `O`."""
        super().__init__()
        size = encoder.config.hidden_size
        self.encoder = encoder
        self.dropout = PooledDropout(dropout)
        self.ngrams = nn.Embedding(NGRAMS, NGRAM_SIZE, padding_idx=0)
        nn.init.normal_(self.ngrams.weight, std=0.02)
        self.intent = nn.Linear(size, intents)
        self.word = nn.Linear(2 * size + 2 * NGRAM_SIZE, HIDDEN)
        self.tag = nn.Linear(HIDDEN, tags)
        self.transitions = nn.Parameter(torch.zeros(tags, tags))
        self.start = nn.Parameter(torch.zeros(tags))

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        first: torch.Tensor,
        ngrams: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Sentence vectors (n, size), intent logits (n, intents), emissions (n, W, tags)."""
        tokens = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(tokens.dtype)
        sentence = (tokens * mask).sum(1) / mask.sum(1)
        intent = self.intent(self.dropout(sentence))
        place = first.unsqueeze(-1).expand(-1, -1, tokens.shape[-1])
        word = torch.gather(tokens, 1, place)
        letters = self.ngrams(ngrams).sum(2) / (ngrams > 0).sum(2, keepdim=True).clamp(min=1)
        before = nn.functional.pad(letters[:, :-1], (0, 0, 1, 0))
        around = sentence.unsqueeze(1).expand(-1, first.shape[1], -1)
        seen = torch.cat([word, around, letters.to(word.dtype), before.to(word.dtype)], dim=-1)
        hidden = nn.functional.gelu(self.word(self.dropout(seen)))
        return sentence, intent, self.tag(self.dropout(hidden))


def crf_loss(
    emissions: torch.Tensor,
    tags: torch.Tensor,
    mask: torch.Tensor,
    transitions: torch.Tensor,
    start: torch.Tensor,
) -> torch.Tensor:
    """Mean over words of the negative log likelihood of `tags` (n, W) where `mask` (n, W) is 1.

    The sums over previous tags are products of matrices of exponentials, each row scaled by its
    largest: ten times quicker than logarithms of sums over (n, tags, tags).
    """
    rows = torch.arange(len(tags))
    moves = transitions.exp()
    total = start + emissions[:, 0]
    gold = start[tags[:, 0]] + emissions[rows, 0, tags[:, 0]]
    for at in range(1, tags.shape[1]):
        here = mask[:, at]
        most = total.detach().max(dim=1, keepdim=True).values
        reached = ((total - most).exp() @ moves).clamp_min(1e-30)
        step = most + reached.log() + emissions[:, at]
        total = torch.where(here.unsqueeze(1), step, total)
        move = transitions[tags[:, at - 1], tags[:, at]] + emissions[rows, at, tags[:, at]]
        gold = gold + torch.where(here, move, torch.zeros_like(move))
    return (torch.logsumexp(total, dim=1) - gold).sum() / mask.sum()


def agreement_loss(logits: torch.Tensor, groups: torch.Tensor) -> torch.Tensor:
    """How far the intents (n, intents) of examples of one group (n,) are from their mean.

    The mean of the probabilities of a group, taken as given, is what each of its examples is
    drawn to (Kullback-Leibler): a message that is understood in English teaches its Telugu
    translation. As R-Drop (Liang et al. 2021, arXiv 2106.14448), with translations for the second
    pass. Examples by themselves count nothing.
    """
    same = (groups[:, None] == groups[None]).to(logits.dtype)
    sizes = same.sum(1, keepdim=True)
    log_share = logits.log_softmax(dim=1)
    mean = (same @ log_share.exp() / sizes).detach()
    apart = (mean * (mean.clamp_min(1e-9).log() - log_share)).sum(1)
    together = sizes.squeeze(1) > 1
    return (apart * together).sum() / together.sum().clamp_min(1)


def consistency_loss(emissions: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """How far apart the tags of the first half of a batch and of its second half are.

    `emissions` (2n, W, tags) of n messages that passed twice with different dropout, `mask` (2n, W)
    of words. Kullback-Leibler both ways, mean over words: R-Drop (Liang et al. 2021, arXiv
    2106.14448) on the tag of each word by itself.
    """
    first, second = emissions.log_softmax(-1).chunk(2)
    words = mask[: len(first)]
    apart = ((first.exp() - second.exp()) * (first - second)).sum(-1) / 2
    return (apart * words).sum() / words.sum()


def contrastive_loss(
    vectors: torch.Tensor, intents: torch.Tensor, close: torch.Tensor, temperature: float
) -> torch.Tensor:
    """Supervised contrastive loss (Khosla et al. 2020, arXiv 2004.11362) over a batch.

    `close` (intents, intents): how much a pair of intents counts as negatives; 1 for most, more
    for neighbours, which are the hard ones.
    """
    unit = nn.functional.normalize(vectors.float(), dim=1)
    scores = unit @ unit.T / temperature
    own = torch.eye(len(scores), dtype=torch.bool)
    same = (intents[:, None] == intents[None]) & ~own
    scores = scores + close[intents][:, intents].log()
    log_share = scores - torch.logsumexp(scores.masked_fill(own, -1e9), dim=1, keepdim=True)
    has = same.sum(1)
    if not bool((has > 0).any()):
        return scores.sum() * 0.0
    mean = (log_share * same).sum(1)[has > 0] / has[has > 0]
    return -mean.mean()
