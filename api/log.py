"""The log of `nlu.log`, by the name that the modules of `api` know."""

from nlu.log import citizen_hash, configure_logging, describe, get_logger

__all__ = ["citizen_hash", "configure_logging", "describe", "get_logger"]
