"""Fine-tunes the encoder jointly for intents and slots on the CPU. Needs torch.

Cross-entropy with label smoothing for intents, a CRF for slots, a supervised contrastive loss on
the sentence vectors, agreement among translations; AdamW with rates falling from layer to layer,
warm-up and linear decay, bf16 where the processor has it; the moving average of the weights is what
remains.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from nlu.encoder.precision import autocast
from nlu.encoder.sub_words import HuggingFace
from nlu.joint.dropout import set_dropout
from nlu.joint.examples import Example
from nlu.joint.network import (
    JointNetwork,
    TunedEmbedding,
    agreement_loss,
    consistency_loss,
    contrastive_loss,
    crf_loss,
)
from nlu.joint.settings import Settings
from nlu.joint.tags import tag_names, tags_of
from nlu.joint.words import Prepared, WordReader, padded

Say = Callable[[str, float], None]
Vary = Callable[[Example, random.Random], Example]


@dataclass
class Trained:
    """The network, ready to export, with what its outputs mean."""

    network: JointNetwork
    intents: tuple[str, ...]
    tags: tuple[str, ...]
    tokenizer: Any
    seconds: float
    epochs: float


@dataclass(frozen=True)
class _Row:
    prepared: Prepared
    intent: int
    tags: np.ndarray
    group: str


def train(
    examples: Sequence[Example],
    encoder: Path,
    settings: Settings,
    *,
    intents: Sequence[str] | None = None,
    neighbours: Mapping[str, Sequence[str]] | None = None,
    vary: Vary | None = None,
    threads: int = 1,
    say: Say | None = None,
) -> Trained:
    """Trains on `examples` from the sentence-transformers folder `encoder`.

    `intents` are all there are, those of the examples if None. `neighbours` names the intents
    that are easily confused with an intent. `vary` may change an example anew in every epoch.
    `say` gets a line and the share of the work that is done.
    Raises ValueError for no examples.
    """
    if not examples:
        raise ValueError("no examples to train on")
    torch.manual_seed(settings.seed)
    torch.set_num_threads(threads)
    from sentence_transformers import SentenceTransformer

    loaded = SentenceTransformer(str(encoder), device="cpu")
    transformer = loaded[0].auto_model
    transformer.set_attn_implementation("eager")  # fused attention is twice as slow on short texts
    set_dropout(transformer, settings.dropout)
    tokenizer = loaded.tokenizer.backend_tokenizer
    tokenizer.no_padding()
    reader = WordReader(HuggingFace(tokenizer, settings.max_tokens))
    intents = list(intents or sorted({e.intent for e in examples}))
    names = tag_names(span.label for e in examples for span in e.spans)
    seen = sorted({int(i) for p in reader.read_many([e.text for e in examples]) for i in p.ids})
    embeddings = TunedEmbedding(transformer.embeddings.word_embeddings, torch.tensor(seen))
    transformer.embeddings.word_embeddings = embeddings
    network = JointNetwork(transformer, len(intents), len(names), settings.dropout)
    run = _Run(network, settings, _closeness(intents, neighbours or {}, settings))
    rows = _Rows(reader, intents, names, loaded.tokenizer.pad_token_id, vary)
    seconds, epochs = run.fit(examples, rows, say or (lambda line, share: None))
    transformer.embeddings.word_embeddings = embeddings.baked()
    network.eval()
    return Trained(network, tuple(intents), tuple(names), tokenizer, seconds, epochs)


class _Rows:
    """Examples as arrays."""

    def __init__(
        self,
        reader: WordReader,
        intents: Sequence[str],
        tags: Sequence[str],
        pad: int,
        vary: Vary | None,
    ) -> None:
        self._reader, self._pad, self._vary = reader, pad, vary
        self._intent = {name: i for i, name in enumerate(intents)}
        self._tag = {name: i for i, name in enumerate(tags)}

    def read(self, examples: Sequence[Example], chance: random.Random) -> list[_Row]:
        """One row for each example, varied if it is to be."""
        if self._vary is not None:
            examples = [self._vary(example, chance) for example in examples]
        rows = []
        for example, prepared in zip(examples, self._reader.read_many([e.text for e in examples])):
            tags = [self._tag[name] for name in tags_of(prepared.words, example.spans)]
            intent = self._intent[example.intent]
            rows.append(_Row(prepared, intent, np.asarray(tags), example.group))
        return rows

    def batch(self, rows: Sequence[_Row]) -> tuple[dict[str, Any], Any, Any, Any, Any]:
        """Network input, intents (n,), tags (n, W), mask of words (n, W), groups (n,)."""
        arrays = padded([row.prepared for row in rows], self._pad)
        words = arrays["first"].shape[1]
        tags = np.zeros((len(rows), words), np.int64)
        mask = np.zeros((len(rows), words), bool)
        for at, row in enumerate(rows):
            tags[at, : len(row.tags)] = row.tags
            mask[at, : len(row.tags)] = True
        fed = {name: torch.from_numpy(value) for name, value in arrays.items()}
        intents = torch.tensor([row.intent for row in rows])
        numbers: dict[str, int] = {}
        groups = [numbers.setdefault(row.group or str(at), at) for at, row in enumerate(rows)]
        return fed, intents, torch.from_numpy(tags), torch.from_numpy(mask), torch.tensor(groups)


class _Run:
    """One training: optimiser, schedule, moving average."""

    def __init__(self, network: JointNetwork, settings: Settings, close: Any) -> None:
        self._network, self._settings, self._close = network, settings, close
        self._optimiser = torch.optim.AdamW(
            _groups(network, settings), weight_decay=settings.weight_decay, fused=True
        )
        self._learned = [p for p in network.parameters() if p.requires_grad]
        self._average = [p.detach().clone() for p in self._learned]
        self._steps = 0
        self._looks_back = 2.0
        self._rates = [group["lr"] for group in self._optimiser.param_groups]

    def fit(self, examples: Sequence[Example], rows: _Rows, say: Say) -> tuple[float, float]:
        """Trains; returns seconds and epochs done."""
        settings = self._settings
        chance = random.Random(settings.seed)
        started = time.monotonic()
        per_epoch = 0
        budget = settings.budget_minutes * 60
        losses: list[float] = []
        self._network.train()
        for epoch in range(settings.epochs):
            order = list(examples)
            chance.shuffle(order)
            together = bool(settings.agreement) and epoch % 2 == 1
            size = settings.batch // (2 if settings.consistency else 1)
            batches = _batches(rows.read(order, chance), size, chance, together)
            per_epoch = per_epoch or len(batches)
            total = settings.epochs * per_epoch
            self._looks_back = max(2.0, settings.average * total)
            for some in batches:
                share = max(self._steps / total, (time.monotonic() - started) / budget)
                if share >= 1:
                    break
                losses.append(self._step(rows.batch(some), share))
                if self._steps % 50 == 0:
                    done = time.monotonic() - started
                    line = f"epoch {epoch + 1}/{settings.epochs}, loss {np.mean(losses[-50:]):.3f}"
                    say(f"{line}, {done / 60:.1f} min", share)
        with torch.no_grad():
            for kept, average in zip(self._learned, self._average):
                kept.copy_(average)
        return time.monotonic() - started, round(self._steps / per_epoch, 2)

    def _step(self, batch: tuple[Any, ...], share: float) -> float:
        settings = self._settings
        fed, intents, tags, mask, groups = _twice(batch) if settings.consistency else batch
        warm = settings.warm_up
        factor = share / warm if share < warm else (1 - share) / (1 - warm)
        for group, rate in zip(self._optimiser.param_groups, self._rates):
            group["lr"] = rate * max(factor, 1e-3)
        with autocast():
            sentence, logits, emissions = self._network(**fed)
        loss = nn.functional.cross_entropy(
            logits.float(), intents, label_smoothing=settings.smoothing
        )
        network = self._network
        if emissions.shape[-1] > 1:
            slots = crf_loss(emissions.float(), tags, mask, network.transitions, network.start)
            loss = loss + settings.slot_weight * slots
            if settings.consistency:
                loss = loss + settings.consistency * consistency_loss(emissions.float(), mask)
        if settings.agreement:
            loss = loss + settings.agreement * agreement_loss(logits.float(), groups)
        if settings.contrast:
            pull = contrastive_loss(sentence, intents, self._close, settings.temperature)
            loss = loss + settings.contrast * pull
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._learned, 1.0, foreach=True)
        self._optimiser.step()
        self._optimiser.zero_grad()
        self._steps += 1
        decay = min(1 - 1 / self._looks_back, self._steps / (self._steps + 10))
        with torch.no_grad():
            torch._foreach_lerp_(self._average, self._learned, 1 - decay)
        return float(loss.detach())


def _twice(batch: tuple[Any, ...]) -> tuple[Any, ...]:
    """A batch followed by itself; an example and its double are of one group."""
    fed, *others = batch
    doubled = {name: torch.cat([value, value]) for name, value in fed.items()}
    return doubled, *(torch.cat([value, value]) for value in others)


def _batches(
    rows: list[_Row], size: int, chance: random.Random, together: bool
) -> list[list[_Row]]:
    """Batches of about one length: sorted inside windows, then mixed; groups `together` or not.

    Together every second epoch only: such batches hold fewer different messages, from which slots
    are learned more slowly.
    """
    groups: dict[str, list[_Row]] = {}
    for at, row in enumerate(rows):
        groups.setdefault(row.group if together and row.group else str(at), []).append(row)
    units = list(groups.values())
    window = 32 * size * len(units) // len(rows)
    cut: list[list[_Row]] = []
    for at in range(0, len(units), window):
        batch: list[_Row] = []
        for unit in sorted(units[at : at + window], key=_length):
            if batch and len(batch) + len(unit) > size:
                cut.append(batch)
                batch = []
            batch = batch + unit
        cut.append(batch)
    chance.shuffle(cut)
    return cut


def _length(unit: list[_Row]) -> int:
    """Sub-words of the longest."""
    return max(len(row.prepared.ids) for row in unit)


def _groups(network: JointNetwork, settings: Settings) -> list[dict[str, Any]]:
    """Parameter groups: heads at `head_rate`, layers at rates that fall downwards."""
    layers = network.encoder.encoder.layer
    groups: list[dict[str, Any]] = []
    for depth, layer in enumerate(layers):
        rate = settings.rate * settings.decay ** (len(layers) - 1 - depth)
        groups.append({"params": list(layer.parameters()), "lr": rate})
    rest = [p for p in network.encoder.embeddings.parameters() if p.requires_grad]
    groups.append({"params": rest, "lr": settings.rate * settings.decay ** len(layers)})
    inside = {id(p) for p in network.encoder.parameters()}
    heads = [p for p in network.parameters() if id(p) not in inside]
    groups.append({"params": heads, "lr": settings.head_rate})
    return groups


def _closeness(
    intents: Sequence[str], neighbours: Mapping[str, Sequence[str]], settings: Settings
) -> Any:
    """(intents, intents) weights of negatives: `neighbour_weight` between neighbours, else 1."""
    place = {name: i for i, name in enumerate(intents)}
    table = torch.ones(len(intents), len(intents))
    for name, others in neighbours.items():
        for other in others:
            if name in place and other in place:
                table[place[name], place[other]] = settings.neighbour_weight
                table[place[other], place[name]] = settings.neighbour_weight
    return table
