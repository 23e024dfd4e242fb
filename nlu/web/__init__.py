"""What every web server of Seva asks of a request before it looks at it."""

from nlu.web.door import Door

__all__ = ["Door"]
