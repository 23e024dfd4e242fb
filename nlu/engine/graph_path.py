"""The steps of a loaded Rasa model that lead to one of its outputs, called one after the other.

For every message Rasa finds out which nodes are needed, writes all that goes in into a line for a
log that nobody keeps, and runs the nodes through dask, which orders them and opens a pool of
threads: half a millisecond of a parse, a whole one of a turn. The order never changes while a model
is loaded, so it is found once; the nodes themselves are Rasa's, untouched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any

from rasa.core.processor import MessageProcessor
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.runner.dask import DaskGraphRunner


class GraphPath:
    """From what goes into the graph to one output."""

    def __init__(self, runner: DaskGraphRunner, placeholder: str, target: str) -> None:
        """`placeholder` names what goes in, `target` the node whose output is wanted."""
        schema = runner._graph_schema.minimal_graph_schema([target])
        needs = {name: tuple(node.needs.values()) for name, node in schema.nodes.items()}
        order = [name for name in TopologicalSorter(needs).static_order() if name in needs]
        self._steps = [(name, runner._instantiated_nodes[name], needs[name]) for name in order]
        self._placeholder, self._target = placeholder, target

    def run(self, given: Any) -> Any:
        """The output. Raises what a component raises."""
        result = None
        for name, output in self.steps(given):
            if name == self._target:
                result = output
        return result

    def steps(self, given: Any) -> Iterator[tuple[str, Any]]:
        """The same step by step, name and output of each, so that each can be timed."""
        done: dict[str, Any] = {self._placeholder: given}
        for name, node, needed in self._steps:
            _, done[name] = node(*((other, done[other]) for other in needed))
            yield name, done[name]


class PolicyRunner:
    """Stands where Rasa's processor has its graph runner: all that a processor runs by itself, when
    messages come understood, are the policies."""

    def __init__(self, path: GraphPath) -> None:
        self._path = path

    def run(self, inputs: Mapping[str, Any], targets: Sequence[str]) -> dict[str, Any]:
        """As `rasa.engine.runner.interface.GraphRunner`."""
        (target,) = targets
        return {target: self._path.run(inputs[PLACEHOLDER_TRACKER])}


def parsing_path(processor: MessageProcessor) -> GraphPath:
    """From messages of citizens, a list of Rasa's `UserMessage`, to what the pipeline understands
    of them, a list of Rasa's `Message` in their order."""
    assert processor.model_metadata.nlu_target is not None
    return GraphPath(
        processor.graph_runner, PLACEHOLDER_MESSAGE, processor.model_metadata.nlu_target
    )


def policy_path(processor: MessageProcessor) -> GraphPath:
    """From a tracker to the policies' prediction."""
    assert processor.model_metadata.core_target is not None
    return GraphPath(
        processor.graph_runner, PLACEHOLDER_TRACKER, processor.model_metadata.core_target
    )
