"""The steps of a loaded Rasa model that a parse needs, called one after the other.

Rasa runs its graph through dask, which orders the nodes and opens a pool of threads for every
message: half a millisecond, a tenth of the whole parse. The order never changes while a model is
loaded, so it is found once; the nodes themselves are Rasa's, untouched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from graphlib import TopologicalSorter
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.engine.constants import PLACEHOLDER_MESSAGE
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.nlu.training_data.message import Message


class ParsingPath:
    """From messages of citizens to what Rasa's pipeline understands of them."""

    def __init__(self, runner: DaskGraphRunner, target: str) -> None:
        """`target` is the node whose output is the understanding (`nlu_target` of the model)."""
        schema = runner._graph_schema.minimal_graph_schema([target])
        needs = {name: tuple(node.needs.values()) for name, node in schema.nodes.items()}
        order = [name for name in TopologicalSorter(needs).static_order() if name in needs]
        self._steps = [(name, runner._instantiated_nodes[name], needs[name]) for name in order]
        self._target = target

    def run(self, messages: Sequence[UserMessage]) -> list[Message]:
        """One pass for all messages, in their order. Raises what a component raises."""
        result: list[Message] = []
        for name, output in self.steps(messages):
            if name == self._target:
                result = output
        return result

    def steps(self, messages: Sequence[UserMessage]) -> Iterator[tuple[str, Any]]:
        """The same step by step, name and output of each, so that each can be timed."""
        done: dict[str, Any] = {PLACEHOLDER_MESSAGE: list(messages)}
        for name, node, needed in self._steps:
            _, done[name] = node(*((other, done[other]) for other in needed))
            yield name, done[name]
