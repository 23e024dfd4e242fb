"""Leaves demo, simulator and sandbox out of a wheel, and their commands out of its entry points.

A build hook of hatchling, off by default; `make wheel-product` turns it on.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LEFT_OUT = ("api/demo", "actions/sandbox", "data/demo")


class ProductWheel(BuildHookInterface):
    """What servers install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before the files are collected."""
        self.build_config.target_config["exclude"] = [f"/{folder}" for folder in LEFT_OUT]
        modules = tuple(f"{folder.replace('/', '.')}." for folder in LEFT_OUT)
        commands = self.metadata.core.entry_points["seva.commands"]
        for name, module in list(commands.items()):
            if module.startswith(modules):
                del commands[name]
