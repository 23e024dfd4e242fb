"""The only door to Rasa for the serving processes: parse a message, run a turn of dialogue.

Rasa runs in this process (never `rasa run --enable-api`, CVE-2024-49375) and loads models from our
own registry only. Parsing goes straight to the model's graph, many messages in one pass, in a
thread; long texts have a thread of their own. A turn is a function of the stored tracker: whoever
calls keeps the new one, together with the replies, or drops both.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")

import structlog
from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage

from nlu.catalogue import shared_catalogue
from nlu.engine.action_endpoint import ActionCallFailed, ActionEndpoint
from nlu.engine.answer_cache import AnswerCache
from nlu.engine.parsing_path import ParsingPath
from nlu.engine.reply import Button, Document, Reply, Turned, TurnFailed
from nlu.engine.trackers import TurnTrackers, stored
from nlu.engine.waiting_line import WaitingLine
from nlu.paths import reading
from nlu.registry import ARCHIVE
from nlu.speech.readings import Reading
from nlu.text.cache import SENTENCE

_FULL_WIDTH_SLASH = "\uff0f"
_MOST_IN_A_PASS = 8  # so that nobody waits long for those who came later
_NO_INTENT: Mapping[str, Any] = {"name": None, "confidence": 0.0}


@dataclass(frozen=True)
class Question:
    """What to understand. `language` is the one that its writer used before; `metadata` says more
    of what was spoken; `own` marks a text whose leading slash was seen to."""

    text: str
    language: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    own: bool = False


_UNDERSTOOD = ("text", "intent", "entities", "intent_ranking", "language", "decision")
"""What the dialogue gets of a parse; Rasa's own copies of the message's metadata stay out."""


class Engine:
    """Rasa's Agent in process. Make one with `Engine.load`; it serves all requests."""

    def __init__(
        self,
        agent: Agent,
        model_id: str,
        titles: Mapping[str, Mapping[str, str]],
        actions: ActionEndpoint | None = None,
        cache_size: int = 0,
        data_dir: Path | None = None,
    ) -> None:
        """Use `Engine.load`."""
        processor = agent.processor
        assert processor is not None and processor.model_metadata is not None
        assert processor.model_metadata.nlu_target is not None
        # Rasa wraps a tracker store in one that swallows every error: not here
        self._trackers = TurnTrackers(processor.domain)
        processor.tracker_store = self._trackers
        self._processor, self._actions = processor, actions
        self._titles, self._data = titles, data_dir
        self.model_id = model_id
        self.path = ParsingPath(processor.graph_runner, processor.model_metadata.nlu_target)
        self._short = WaitingLine(self._understand, _MOST_IN_A_PASS)
        self._long = WaitingLine(self._understand, 1)  # its thread is another: see `_understood`
        self._cache = AnswerCache(cache_size)

    @classmethod
    async def load(
        cls,
        model_dir: Path,
        *,
        actions: ActionEndpoint | None = None,
        data_dir: Path = Path("data"),
        cache_size: int = 0,
    ) -> Engine:
        """Loads the weights in `model_dir` with the words in `data_dir`. `actions` is the action
        server; without it only `parse` makes sense. `cache_size` is how many answers are kept.
        Raises FileNotFoundError and CatalogueError."""
        archive = model_dir / ARCHIVE
        if not archive.is_file():
            raise FileNotFoundError(f"{archive}: no model there; run `seva train`")
        quiet()
        with reading(data_dir):
            catalogue = shared_catalogue(data_dir)
            agent = Agent(action_endpoint=actions)
            agent.load_model(str(archive))
        titles = {name: service.title for name, service in catalogue.services.items()}
        engine = cls(agent, model_dir.resolve().name, titles, actions, cache_size, data_dir)
        engine._understand([Question("warm up")])
        return engine

    async def parse(
        self, text: str, language: str | None = None, client: str = ""
    ) -> dict[str, Any]:
        """The answer of `POST /parse` (shared/contract.md) for one message; not to be changed.
        Answers are kept for each `client` alone.

        Messages that come while one pass runs are understood together by the next."""
        key = self._cache.key(text, language, client)
        kept = self._cache.get(key)
        if kept is not None:
            return {**kept, "elapsed_ms": 0.0}
        answer = await self._ask(Question(text, language))
        self._cache.put(key, answer)
        return answer

    async def parse_heard(self, readings: Sequence[Reading]) -> dict[str, Any]:
        """The same for a voice note in Whisper's `readings`: the first one's words and language
        count, all of them help to tell the service."""
        first, *others = readings
        spoken = {"spoken": first.language, "others": [other.text for other in others]}
        return await self._ask(Question(first.text, first.language, spoken))

    async def parse_many(
        self,
        texts: Sequence[str],
        languages: Sequence[str | None] | None = None,
        client: str = "",
    ) -> list[dict[str, Any]]:
        """The same for many messages, in their order; others get their turn in between."""
        priors = languages or [None] * len(texts)
        answers: list[dict[str, Any]] = []
        for start in range(0, len(texts), _MOST_IN_A_PASS):
            end = start + _MOST_IN_A_PASS
            some = zip(texts[start:end], priors[start:end])
            answers += await asyncio.gather(*(self.parse(*question, client) for question in some))
        return answers

    async def turn(
        self,
        text: str,
        sender: str,
        metadata: Mapping[str, Any],
        tracker: str | None = None,
    ) -> Turned:
        """One turn of dialogue after `tracker`, None for a stranger. `metadata` as in
        docs/contracts.md §3; `payload: True` marks a tapped button, whose text is an intent of
        ours; a citizen's own words never are. Raises TurnFailed and UnknownTracker."""
        words = text if metadata.get("payload") else _own_words(text)
        question = Question(words, metadata.get("language"), metadata, own=True)
        understood, _ = await self._understood(question)
        parsed = {name: understood.get(name) for name in _UNDERSTOOD}
        parsed |= {
            "intent": parsed["intent"] or dict(_NO_INTENT),
            "entities": parsed["entities"] or [],
        }
        channel = _Collected()
        message = UserMessage(
            words,
            channel,
            sender,
            input_channel=channel.name(),
            metadata=dict(metadata),
            parse_data=parsed,
        )
        conversation = self._trackers.begin(tracker)
        try:
            await self._processor.handle_message(message)
        except ActionCallFailed as failure:
            raise TurnFailed(failure.why, failure.trouble) from failure
        if not channel.said or conversation.tracker is None:
            raise TurnFailed("the dialogue gave no reply")
        replies = merged([reply_from(said) for said in channel.said])
        language = conversation.tracker.get_slot("language")
        return Turned(tuple(replies), language, stored(conversation.tracker))

    async def is_healthy(self) -> bool:
        """Whether the action server can work."""
        return self._actions is None or await self._actions.is_healthy()

    async def close(self) -> None:
        """Ends the connections to the action server."""
        if self._actions is not None:
            await self._actions.close()

    async def _ask(self, question: Question) -> dict[str, Any]:
        understood, elapsed_ms = await self._understood(question)
        return self._answer(question.text, understood, elapsed_ms)

    async def _understood(self, question: Question) -> tuple[Mapping[str, Any], float]:
        """Who sends pages waits behind others who do, and nobody with a sentence waits for them."""
        line = self._short if len(question.text) <= SENTENCE else self._long
        return await line.ask(question)

    def _understand(self, questions: Sequence[Question]) -> list[tuple[Mapping[str, Any], float]]:
        """One pass through the model: what it found in each message, and the pass's time in ms."""
        started = time.perf_counter()
        messages = [
            UserMessage(
                one.text if one.own else _own_words(one.text),
                sender_id="parse",
                metadata={"language": one.language, **one.metadata},
            )
            for one in questions
        ]
        with reading(self._data):  # the pass has a thread of its own
            parsed = self.path.run(messages)
        elapsed = round((time.perf_counter() - started) * 1000, 2)
        return [(message.data, elapsed) for message in parsed]

    def _answer(self, text: str, data: Mapping[str, Any], elapsed_ms: float) -> dict[str, Any]:
        language = data["language"]
        decision = data["decision"]
        titles = self._titles
        reply_language = language["key"].split("-")[0]
        return {
            "text": text,
            "intent": data.get("intent") or dict(_NO_INTENT),
            "entities": data.get("entities", []),
            "intent_ranking": data.get("intent_ranking", []),
            "language": language,
            "decision": {
                "kind": decision["kind"],
                "options": [
                    {"service": name, "title": titles[name][reply_language]}
                    for name in decision["options"]
                    if name in titles
                ],
            },
            "model": self.model_id,
            "elapsed_ms": elapsed_ms,
        }


class _Collected(OutputChannel):
    """Keeps whole messages as the actions uttered them."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        return "whatsapp"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        self.said.append(message)


def reply_from(message: Mapping[str, Any]) -> Reply:
    """A bot message of Rasa as a Reply."""
    custom = message.get("custom") or {}
    document = custom.get("document")
    return Reply(
        message.get("text") or "",
        tuple(
            Button(b["payload"], b["title"], b.get("description"))
            for b in message.get("buttons") or ()
        ),
        custom.get("button_label"),
        Document(document["url"], document["filename"]) if document else None,
    )


def merged(replies: Sequence[Reply]) -> list[Reply]:
    """One bubble where several texts follow each other: WhatsApp limits messages per person."""
    out: list[Reply] = []
    for reply in replies:
        plain = bool(out) and not out[-1].buttons and out[-1].document is None
        if plain and out[-1].text and reply.text:
            text = f"{out[-1].text}\n\n{reply.text}"
            out[-1] = Reply(text, reply.buttons, reply.button_label, reply.document)
        else:
            out.append(reply)
    return out


def _own_words(text: str) -> str:
    """Rasa reads a leading slash as an intent; a citizen's slash must stay a character."""
    stripped = text.lstrip()
    return _FULL_WIDTH_SLASH + stripped[1:] if stripped.startswith("/") else text


def quiet() -> None:
    """Rasa logs citizens' texts at debug level; nothing below a warning leaves it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    logging.captureWarnings(True)
    for name in ("py.warnings", "rasa", "tensorflow", "matplotlib", "sqlalchemy", "apscheduler"):
        level = logging.ERROR if name == "py.warnings" else logging.WARNING
        logging.getLogger(name).setLevel(level)
