"""The tokens that Whisper must not write when a text is to be romanised."""

from __future__ import annotations

from tokenizers import Tokenizer


def non_ascii_tokens(tokenizer: Tokenizer) -> list[int]:
    """Ids of the text tokens that hold a byte above 127. Special tokens come after `endoftext`."""
    first_special = tokenizer.token_to_id("<|endoftext|>")
    byte_of = _bytes_of_characters()
    return [
        token
        for token in range(first_special)
        if any(byte_of.get(char, 255) > 127 for char in tokenizer.id_to_token(token) or "")
    ]


def _bytes_of_characters() -> dict[str, int]:
    """GPT-2's byte-level BPE writes each byte as one printable character; this reads it back."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    table = {chr(byte): byte for byte in printable}
    table.update({chr(256 + i): byte for i, byte in enumerate(others)})
    return table
