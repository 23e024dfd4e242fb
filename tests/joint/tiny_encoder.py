"""A sentence-transformers folder of the real architecture, small enough to train in seconds."""

from __future__ import annotations

from pathlib import Path


def tiny_encoder(folder: Path) -> Path:
    """Two BERT layers of 32 over single characters, random weights; returns `folder`."""
    import torch
    from sentence_transformers import SentenceTransformer, models
    from tokenizers import Tokenizer, pre_tokenizers, processors
    from tokenizers.models import Unigram
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(0)
    letters = [chr(c) for r in ((0x20, 0x7F), (0x900, 0x980), (0xC00, 0xC80)) for c in range(*r)]
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁", *letters]
    inner = Tokenizer(Unigram([(piece, -1.0) for piece in pieces], unk_id=3))
    inner.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    inner.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", unk_token="<unk>", cls_token="<s>"
    )
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
        pad_token_id=1,
    )
    parts = folder.with_name(f"{folder.name}-parts")
    tokenizer.save_pretrained(parts)
    BertModel(config, add_pooling_layer=False).save_pretrained(parts)
    transformer = models.Transformer(str(parts), max_seq_length=128)
    pooling = models.Pooling(32, pooling_mode="mean")
    SentenceTransformer(modules=[transformer, pooling], device="cpu").save(str(folder))
    return folder
