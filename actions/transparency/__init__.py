"""The tamper-evident log of what was issued: RFC 6962 tree, C2SP tiles, checkpoints, witnesses.

What it proves and what not is in `docs/trust.md`.
"""
