"""A Whisper of Hugging Face's form, so small that it can learn one sentence and no other."""

from __future__ import annotations

from pathlib import Path

from nlu.speech.settings import load_settings
from nlu.speech.weights import model_folder


def tiny_whisper(folder: Path, says: str = "", *, fast_tokenizer: bool = True) -> Path:
    """One layer of 32 on either side, with Whisper's own tokenizer; returns `folder`.

    It learns to write `says`, whatever it hears, as Telugu; with nothing to say its weights are
    random. Without `fast_tokenizer` there are only vocabulary and merges, as on old cards.
    """
    import torch
    from transformers import (
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperTokenizerFast,
    )

    torch.manual_seed(0)
    base = model_folder(load_settings().entry("whisper-base"))
    tokenizer = WhisperTokenizerFast(tokenizer_file=str(base / "tokenizer.json"))
    config = WhisperConfig(
        vocab_size=51865,
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        suppress_tokens=[],
        begin_suppress_tokens=[220, 50257],
    )
    network = WhisperForConditionalGeneration(config)
    network.generation_config = GenerationConfig(
        suppress_tokens=[], begin_suppress_tokens=[220, 50257], decoder_start_token_id=50258
    )
    if says:
        start = ["<|startoftranscript|>", "<|te|>", "<|transcribe|>", "<|notimestamps|>"]
        words = tokenizer.encode(says, add_special_tokens=False)
        tokens = [*tokenizer.convert_tokens_to_ids(start), *words, tokenizer.eos_token_id]
        optimiser = torch.optim.AdamW(network.parameters(), lr=1e-2)
        for _ in range(80):
            heard = torch.randn(1, 80, 3000) * 0.5
            asked = torch.tensor([tokens[:-1]])
            answer = torch.tensor([tokens[1:]])
            loss = network(input_features=heard, decoder_input_ids=asked, labels=answer).loss
            loss.backward()
            optimiser.step()
            optimiser.zero_grad()
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    WhisperFeatureExtractor().save_pretrained(folder)
    if not fast_tokenizer:
        (folder / "tokenizer.json").unlink()
    return folder
