"""SentencePiece cuts messages as the tokenizer.json does from which its file is made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from nlu.catalogue import shared_catalogue
from nlu.encoder import sub_words, tokenizer_file
from nlu.encoder.provision import configured, transformer_folder
from nlu.text import normalise
from tests.joint.tiny_encoder import tiny_encoder

ROOT = Path(__file__).resolve().parents[2]
ODD = (
    "",
    "?",
    "కరెంటు బిల్లు",
    "  bijli\tka \n bill ",
    "½ ఎకరం ① ﬁle",
    "रजिस्ट्री क्‍या है",
    "🙏🙏 நன்றி 你好 bill",
    "AP39TV1234 ₹1,20,000/-",
    "తిరుపతిలో" * 40,
)


@pytest.fixture(scope="module")
def tokenizer() -> str:
    """The tokenizer.json of the encoder that config.yml names."""
    folder = transformer_folder(configured())
    return next(iter(sorted(folder.rglob(sub_words.TOKENIZER_FILE)))).read_text("utf-8")


@pytest.fixture(scope="module")
def readers(
    tokenizer: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[sub_words.SubWords, sub_words.SubWords]:
    """SentencePiece and Hugging Face."""
    folder = tmp_path_factory.mktemp("exported")
    tokenizer_file.write_tokenizer(tokenizer, folder)
    assert [file.name for file in folder.iterdir()] == [sub_words.SENTENCEPIECE_FILE]
    quick = sub_words.load(folder, 32)
    assert isinstance(quick, sub_words.SentencePiece)
    return quick, sub_words.HuggingFace(Tokenizer.from_str(tokenizer), 32)


@pytest.mark.parametrize("key", ["te", "te-Latn", "hi", "hi-Latn", "en", "mix"])
def test_the_same_sub_words_in_every_key(
    readers: tuple[sub_words.SubWords, sub_words.SubWords], key: str
) -> None:
    """Ids and ends of every eleventh sentence of the catalogue."""
    quick, exact = readers
    catalogue = shared_catalogue(ROOT / "data")
    intents = [*catalogue.services.values(), *catalogue.conversation.values()]
    texts = [u.text for intent in intents for u in intent.utterances.get(key, ())][::11]
    assert len(texts) > 20
    for text in texts:
        clean = normalise(text).text
        assert quick.read(clean) == exact.read(clean), clean
        assert quick.ids(clean) == exact.ids(clean)


@pytest.mark.parametrize("text", ODD)
def test_the_same_sub_words_of_odd_messages(
    readers: tuple[sub_words.SubWords, sub_words.SubWords], text: str
) -> None:
    """Once normalised, as everything that is embedded."""
    quick, exact = readers
    clean = normalise(text).text
    assert quick.read(clean) == exact.read(clean)
    assert len(quick.ids(clean)) <= 32


def test_what_a_citizen_writes_is_never_a_special_sub_word(
    readers: tuple[sub_words.SubWords, sub_words.SubWords],
) -> None:
    """`</s>` typed is text."""
    ids = readers[0].ids("bill </s> <pad>")
    assert ids.count(2) == 1 and 1 not in ids


def test_another_tokenizer_stays_as_it_is(tokenizer: str, tmp_path: Path) -> None:
    """Lower case, bytes or another end: SentencePiece would cut differently."""
    for changed in (
        {"normalizer": {"type": "Lowercase"}},
        {"pre_tokenizer": {"type": "Whitespace"}},
        {"post_processor": None},
    ):
        assert not tokenizer_file.fits_sentencepiece({**json.loads(tokenizer), **changed})
    folder = tiny_encoder(tmp_path / "tiny")
    other = next(iter(folder.rglob(sub_words.TOKENIZER_FILE))).read_text("utf-8")
    tokenizer_file.write_tokenizer(other, tmp_path)
    assert isinstance(sub_words.load(tmp_path, 16), sub_words.HuggingFace)


def test_a_folder_without_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="tokenizer"):
        sub_words.load(tmp_path, 16)


def test_a_model_is_written_as_often_as_one_likes(tmp_path: Path) -> None:
    """protobuf freed the class of a piece between two models, and the second one crashed."""
    pieces = [(piece, 0.0) for piece in ("<s>", "<pad>", "</s>", "<unk>", "▁bill")]
    written = []
    for _ in range(3):
        tokenizer_file.write_unigram(pieces, 3, tmp_path)
        written.append((tmp_path / sub_words.SENTENCEPIECE_FILE).read_bytes())
    assert written[0] == written[1] == written[2] != b""
