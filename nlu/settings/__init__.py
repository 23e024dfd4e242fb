"""The environment of Seva's processes: read and checked once, when one starts."""

from nlu.settings.environment import read_settings
from nlu.settings.process import WrongEnvironment
from nlu.settings.settings import PROCESSES, Role, Settings

__all__ = ["PROCESSES", "Role", "Settings", "WrongEnvironment", "read_settings"]
