"""The only door to Rasa for the serving processes: parse a message, run a turn of dialogue.

Rasa runs in this process (never `rasa run --enable-api`, CVE-2024-49375) and loads models from our
own registry only. Parsing goes straight to the model's graph, many messages in one pass.
"""

from __future__ import annotations

import asyncio
import json
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
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.utils.endpoints import EndpointConfig

from nlu.answer_cache import AnswerCache
from nlu.catalogue import shared_catalogue
from nlu.parsing_path import ParsingPath
from nlu.speech.readings import Reading
from nlu.tracker_store import MaskingTrackerStore
from nlu.waiting_line import WaitingLine

MODEL_ARCHIVE = "model.tar.gz"
_FULL_WIDTH_SLASH = "\uff0f"
_MOST_IN_A_PASS = 8  # so that nobody waits long for those who came later


@dataclass(frozen=True)
class Question:
    """What to understand. `language` is the one that its writer used before; `metadata` says more
    of what was spoken."""

    text: str
    language: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Button:
    """A reply button or list row; `id` comes back when it is tapped."""

    id: str
    title: str
    description: str | None = None


@dataclass(frozen=True)
class Document:
    """A file of a department to send along."""

    url: str
    filename: str


@dataclass(frozen=True)
class Reply:
    """One message to the citizen, in their language."""

    text: str
    buttons: tuple[Button, ...] = ()
    button_label: str | None = None
    document: Document | None = None


class TurnFailed(RuntimeError):
    """A turn ended without a reply, because an action failed; it may be taken again."""


class Engine:
    """Rasa's Agent in process. Make one with `Engine.load`; it serves all requests."""

    def __init__(
        self,
        agent: Agent,
        model_id: str,
        titles: Mapping[str, Mapping[str, str]],
        cache_size: int = 0,
    ) -> None:
        """Use `Engine.load`."""
        processor = agent.processor
        assert processor is not None and processor.model_metadata is not None
        assert processor.model_metadata.nlu_target is not None
        self._agent = agent
        self._titles = titles
        self.model_id = model_id
        self.path = ParsingPath(processor.graph_runner, processor.model_metadata.nlu_target)
        self._line = WaitingLine(self._parse, _MOST_IN_A_PASS)
        self._cache = AnswerCache(cache_size)

    @classmethod
    async def load(
        cls,
        model_dir: Path,
        *,
        tracker_url: str | None = None,
        action_url: str | None = None,
        data_dir: Path = Path("data"),
        cache_size: int = 0,
    ) -> Engine:
        """Loads a registry entry. `tracker_url` is a SQLAlchemy URL; without it trackers live in
        memory and only `parse` makes sense. `cache_size` is how many answers are kept. Raises
        FileNotFoundError and CatalogueError."""
        archive = model_dir / MODEL_ARCHIVE
        if not archive.is_file():
            raise FileNotFoundError(f"{archive}: no model there; run `seva train`")
        quiet()
        endpoint = EndpointConfig(url=action_url) if action_url else None
        catalogue = shared_catalogue(data_dir)
        sensitive = frozenset(
            slot.name
            for service in catalogue.services.values()
            for slot in service.slots
            if slot.type.sensitive
        )
        store = _tracker_store(tracker_url, sensitive)
        agent = Agent(tracker_store=store, action_endpoint=endpoint)
        agent.load_model(str(archive))
        titles = {name: service.title for name, service in catalogue.services.items()}
        engine = cls(agent, model_dir.resolve().name, titles, cache_size)
        await engine.parse("warm up")
        return engine

    async def parse(
        self, text: str, language: str | None = None, client: str = ""
    ) -> dict[str, Any]:
        """The answer of `POST /parse` (shared/contract.md) for one message; not to be changed.
        Answers are kept for each `client` alone.

        Messages that come while one pass runs are understood together by the next."""
        key = self._cache.key(client, text, language)
        kept = self._cache.get(key)
        if kept is not None:
            return {**kept, "elapsed_ms": 0.0}
        answer = await self._line.ask(Question(text, language))
        self._cache.put(key, answer)
        return answer

    async def parse_heard(self, readings: Sequence[Reading]) -> dict[str, Any]:
        """The same for a voice note in Whisper's `readings`: the first one's words and language
        count, all of them help to tell the service."""
        first, *others = readings
        spoken = {"spoken": first.language, "others": [other.text for other in others]}
        return await self._line.ask(Question(first.text, first.language, spoken))

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

    def _parse(self, questions: Sequence[Question]) -> list[dict[str, Any]]:
        """One pass through the model; `elapsed_ms` is the whole pass."""
        started = time.perf_counter()
        messages = [
            UserMessage(
                _own_words(one.text),
                sender_id="parse",
                metadata={"language": one.language, **one.metadata},
            )
            for one in questions
        ]
        parsed = self.path.run(messages)
        elapsed = round((time.perf_counter() - started) * 1000, 2)
        return [
            self._answer(one.text, message.data, elapsed) for one, message in zip(questions, parsed)
        ]

    def _answer(self, text: str, data: Mapping[str, Any], elapsed_ms: float) -> dict[str, Any]:
        language = data["language"]
        decision = data["decision"]
        titles = self._titles
        reply_language = language["key"].split("-")[0]
        return {
            "text": text,
            "intent": data.get("intent") or {"name": None, "confidence": 0.0},
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

    async def turn(self, text: str, sender: str, metadata: Mapping[str, Any]) -> list[Reply]:
        """One turn of dialogue. `metadata` as in docs/contracts.md §3; `payload: True` marks a
        tapped button, whose text is an intent of ours; a citizen's own words never are. A turn
        whose inbox id was answered before gives the same replies without running again. Raises
        TurnFailed when there is no reply: the worker tries again later."""
        if metadata.get("attempt", 1) > 1:
            done = await self._earlier(sender, str(metadata.get("inbox_id")))
            if done is not None:
                return done
        channel = _Collected()
        words = text if metadata.get("payload") else _own_words(text)
        message = UserMessage(
            words, channel, sender, input_channel="whatsapp", metadata=dict(metadata)
        )
        await self._agent.handle_message(message)
        if not channel.said:  # Rasa only logs that an action failed
            raise TurnFailed("the dialogue gave no reply; is the action server running?")
        return merged([reply_from(said) for said in channel.said])

    async def language(self, sender: str) -> str | None:
        """The reply language the dialogue holds for a citizen, if it knows them."""
        tracker = await self._agent.tracker_store.retrieve(sender)
        return tracker.get_slot("language") if tracker else None

    async def _earlier(self, sender: str, inbox_id: str) -> list[Reply] | None:
        tracker = await self._agent.tracker_store.retrieve_full_tracker(sender)
        if tracker is None:
            return None
        said: list[dict[str, Any]] | None = None
        for event in tracker.events:
            if isinstance(event, UserUttered):
                if said is not None:
                    break
                if (event.metadata or {}).get("inbox_id") == inbox_id:
                    said = []
            elif isinstance(event, BotUttered) and said is not None:
                said.append({"text": event.text, **event.data})
        return merged([reply_from(one) for one in said]) if said else None


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


def _tracker_store(url: str | None, sensitive: frozenset[str]) -> TrackerStore | None:
    if url is None:
        return None
    from sqlalchemy.engine import make_url

    parts = make_url(url)
    if parts.drivername.startswith("sqlite"):
        Path(parts.database or "").parent.mkdir(parents=True, exist_ok=True)
    return MaskingTrackerStore(
        sensitive=sensitive,
        dialect=parts.drivername,
        host=parts.host,
        port=parts.port,
        db=parts.database,
        username=parts.username,
        password=parts.password,
    )


def quiet() -> None:
    """Rasa logs citizens' texts at debug level; nothing below a warning leaves it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    logging.captureWarnings(True)
    for name in ("py.warnings", "rasa", "tensorflow", "matplotlib", "sqlalchemy", "apscheduler"):
        level = logging.ERROR if name == "py.warnings" else logging.WARNING
        logging.getLogger(name).setLevel(level)


def live_model(models: Path) -> Path:
    """Folder of the live registry entry. Raises FileNotFoundError when none is promoted."""
    pointer = models / "live"
    if not pointer.is_file():
        raise FileNotFoundError(f"{pointer}: no live model; run `seva train`, then `seva promote`")
    return models / json.loads(pointer.read_text("utf-8"))["id"]
