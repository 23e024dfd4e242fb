"""What a wheel of Seva holds besides the packages and `data/`, and what servers leave out.

A build hook of hatchling: pyproject.toml names it, `uv build` runs it. With `SEVA_WHEEL=product`
the wheel has no demo, no simulator and no sandbox, and none of their commands.
"""

import os
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NOT_ON_SERVERS = ("api/demo", "actions/sandbox", "data/demo")


class Wheel(BuildHookInterface):
    """Called before the files are collected."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """`version` is `editable` where a checkout is installed: it has all in its place."""
        if version != "editable":
            build_data["force_include"]["config.yml"] = "nlu/shipped/config.yml"
        kind = os.environ.get("SEVA_WHEEL", "")
        if kind == "product":
            self._leave_out()
        elif kind:
            raise ValueError(f"SEVA_WHEEL is {kind}; it can be product, or nothing")

    def _leave_out(self) -> None:
        self.build_config.target_config["exclude"] = [f"/{folder}" for folder in NOT_ON_SERVERS]
        modules = tuple(f"{folder.replace('/', '.')}." for folder in NOT_ON_SERVERS)
        commands = self.metadata.core.entry_points["seva.commands"]
        for name, module in list(commands.items()):
            if module.startswith(modules):
                del commands[name]
