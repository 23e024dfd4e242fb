"""What every web server of Seva asks of a request before it looks at it, and the fonts of pages."""

from pathlib import Path

from nlu.web.door import Door, host_of, may_be_rebound

FONTS = Path(__file__).parent / "fonts"
"""WOFF2 files, so that Telugu and Devanagari are shown on machines that have no such fonts."""

__all__ = ["FONTS", "Door", "host_of", "may_be_rebound"]
