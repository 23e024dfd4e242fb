"""The environment of Seva's processes: read and checked once, when one starts."""

from nlu.settings.environment import Role, WrongEnvironment, read_settings
from nlu.settings.settings import Settings

__all__ = ["Role", "Settings", "WrongEnvironment", "read_settings"]
