"""What every web server of Seva asks of a request before it looks at it."""

from nlu.web.door import Door, host_of, may_be_rebound

__all__ = ["Door", "host_of", "may_be_rebound"]
