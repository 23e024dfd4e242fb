"""The tamper-evident log of what was issued: RFC 6962 tree, C2SP tiles, checkpoints, witnesses.

`docs/trust.md` says what it proves and what it does not prove.
"""
