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
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")

import structlog
from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.shared.nlu.constants import TEXT_TOKENS

from nlu.catalogue import shared_catalogue
from nlu.classifier.decision import Decision, intent_of
from nlu.engine.action_endpoint import ActionCallFailed, ActionEndpoint
from nlu.engine.answer_cache import AnswerCache
from nlu.engine.graph_path import PolicyRunner, parsing_path, policy_path
from nlu.engine.trackers import TurnTrackers, asks, stored
from nlu.engine.waiting_line import WaitingLine
from nlu.paths import reading
from nlu.registry import ARCHIVE
from nlu.speech.transcript import Reading, Readings, likeliest, orders
from nlu.text.cache import SENTENCE
from nlu.text.sentences import clear_from, says_besides, sentences
from nlu.trace import Span, span
from nlu.turn import Message, Reply, Turned, TurnFailed, Understanding

_FULL_WIDTH_SLASH = "\uff0f"
_MOST_IN_A_PASS = 8  # so that nobody waits long for those who came later
_NO_INTENT: Mapping[str, Any] = {"name": None, "confidence": 0.0}


@dataclass(frozen=True)
class Question:
    """What to understand. `language` is the one that its writer used before, `readings` are those
    of a voice note; `tapped` marks a payload of ours. `apart` asks for the sentences too, where the
    whole is not clear."""

    text: str
    language: str | None = None
    readings: Readings = ()
    tapped: bool = False
    apart: bool = False

    def orders(self) -> list[Readings]:
        """The orders of the readings to choose from; one without readings for what was written."""
        return orders(self.readings) if self.readings else [()]

    def message(self, order: Readings) -> UserMessage:
        """What the pipeline reads, with an order of the readings."""
        text = order[0].text if order else self.text
        told: dict[str, Any] = {"language": self.language}
        if order:
            told |= {"spoken": order[0].language, "others": [other.text for other in order[1:]]}
        return UserMessage(
            text if self.tapped else _own_words(text), sender_id="parse", metadata=told
        )


@dataclass(frozen=True)
class Understood:
    """What the pipeline found in a message, the readings with the chosen one in front, the time of
    the pass in ms, and what was found in each of the sentences that were understood apart."""

    data: Mapping[str, Any]
    readings: Readings
    elapsed_ms: float
    parts: tuple[Mapping[str, Any], ...] = ()


_RANKED = 5
"""Intents that are told of a turn."""
_CLEAR = ("route", "conversation")
"""Kinds of decision that need no closer look where they are sure."""
_UNDERSTOOD = ("text", "intent", "entities", "language", "decision", "slots")
"""What the dialogue reads of a parse; Rasa's own copies of the message's metadata stay out."""


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
        elsewhere: Collection[str] = frozenset(),
    ) -> None:
        """Use `Engine.load`. `elsewhere`: the intents that count as out of scope."""
        processor = agent.processor
        assert processor is not None and processor.model_metadata is not None
        # Rasa wraps a tracker store in one that swallows every error: not here
        self._trackers = TurnTrackers(processor.domain)
        processor.tracker_store = self._trackers
        self._processor, self._actions = processor, actions
        self._titles, self._data, self._elsewhere = titles, data_dir, elsewhere
        self.model_id = model_id
        self.path = parsing_path(processor)
        processor.graph_runner = PolicyRunner(policy_path(processor))
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
        elsewhere = {name for name, one in catalogue.conversation.items() if one.elsewhere}
        model_id = model_dir.resolve().name
        engine = cls(agent, model_id, titles, actions, cache_size, data_dir, elsewhere)
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
        """The same for a voice note in Whisper's `readings`: the words and the language of the one
        that makes most sense count, all of them help to tell the service."""
        return await self._ask(Question(readings[0].text, readings[0].language, tuple(readings)))

    async def parse_each(
        self,
        texts: Sequence[str],
        languages: Sequence[str | None] | None = None,
        client: str = "",
    ) -> list[dict[str, Any] | BaseException]:
        """The same for many messages, in their order; others get their turn in between. The error
        of one that cannot be understood stands at its place."""
        priors = languages or [None] * len(texts)
        answers: list[dict[str, Any] | BaseException] = []
        for start in range(0, len(texts), _MOST_IN_A_PASS):
            end = start + _MOST_IN_A_PASS
            some = zip(texts[start:end], priors[start:end])
            asked = (self.parse(*question, client) for question in some)
            answers += await asyncio.gather(*asked, return_exceptions=True)
        return answers

    async def parse_many(
        self, texts: Sequence[str], languages: Sequence[str | None] | None = None
    ) -> list[dict[str, Any]]:
        """The same for who needs all of them: raises the first error."""
        answers = []
        for answer in await self.parse_each(texts, languages):
            if isinstance(answer, BaseException):
                raise answer
            answers.append(answer)
        return answers

    async def turn(self, message: Message, tracker: str | None = None) -> Turned:
        """One turn of dialogue after `tracker`, None for a stranger. Raises TurnFailed and
        UnknownTracker."""
        question = Question(
            message.text,
            message.language,
            message.readings,
            message.tapped,
            apart=not message.tapped and not asks(tracker),
        )
        understood = await self._understood(question)
        parsed = _parse_data(understood.data)
        parsed["parts"] = [_parse_data(part) for part in understood.parts]
        channel = _Collected()
        said = UserMessage(
            parsed["text"],
            channel,
            message.citizen,
            input_channel=channel.name(),
            metadata=replace(message, readings=understood.readings, model=self.model_id).metadata(),
            parse_data=parsed,
        )
        conversation = self._trackers.begin(tracker)
        try:
            with span("dialogue"):
                await self._processor.handle_message(said)
        except ActionCallFailed as failure:
            raise TurnFailed(failure.why, failure.trouble) from failure
        if not channel.replies or conversation.tracker is None:
            raise TurnFailed("the dialogue gave no reply")
        told = self._told(understood) if question.apart else None
        decision = (told.kind, told.key) if told else None
        tracker = stored(conversation.tracker)
        return Turned(tuple(channel.replies), tracker, decision, told, self.model_id)

    async def is_healthy(self) -> bool:
        """Whether the action server can work."""
        return self._actions is None or await self._actions.is_healthy()

    async def close(self) -> None:
        """Ends the connections to the action server."""
        if self._actions is not None:
            await self._actions.close()

    async def _ask(self, question: Question) -> dict[str, Any]:
        understood = await self._understood(question)
        text = understood.readings[0].text if understood.readings else question.text
        return self._answer(text, understood.data, understood.elapsed_ms)

    async def _understood(self, question: Question) -> Understood:
        """Who sends pages waits behind others who do, and nobody with a sentence waits for them."""
        line = self._short if len(question.text) <= SENTENCE else self._long
        with span("understand", attributes={"seva.model": self.model_id}) as one:
            understood = await line.ask(question)
            _describe(one, understood.data)
        return understood

    def _understand(self, questions: Sequence[Question]) -> list[Understood]:
        """One pass through the model for all messages, a voice note in each of its orders."""
        started = time.perf_counter()
        asked = [(question, question.orders()) for question in questions]
        with reading(self._data):  # the pass has a thread of its own
            parsed = self.path.run([one.message(order) for one, each in asked for order in each])
        elapsed = round((time.perf_counter() - started) * 1000, 2)
        found, answers = iter(parsed), []
        for _, each in asked:
            data = [next(found).data for _ in each]
            best = likeliest(each, data) if len(each) > 1 else 0
            answers.append(Understood(data[best], each[best], elapsed))
        return self._with_sentences(questions, answers)

    def _with_sentences(
        self, questions: Sequence[Question], answers: list[Understood]
    ) -> list[Understood]:
        """The answers, those to long messages that are unclear with their sentences, all of which
        are understood in one more pass."""
        with reading(self._data):
            apart = [_sentences(*both) for both in zip(questions, answers)]
            asked = [one.message(one.readings) for some in apart for one in some]
            found = iter(self.path.run(asked) if asked else ())
        return [
            replace(whole, parts=tuple(next(found).data for _ in some))
            for whole, some in zip(answers, apart)
        ]

    def _told(self, understood: Understood) -> Understanding:
        """What is told of it beside the replies."""
        data, readings = understood.data, understood.readings
        decision, language = data.get("decision") or {}, data.get("language") or {}
        ranking = (data.get("intent_ranking") or [])[:_RANKED]
        return Understanding(
            text=str(data.get("text") or ""),
            kind=decision.get("kind", ""),
            key=language.get("key", ""),
            ranking=tuple((one["name"], float(one["confidence"])) for one in ranking),
            marks=tuple(
                (one["start"], one["end"], one["entity"]) for one in data.get("entities") or []
            ),
            model=self.model_id,
            spoken=bool(readings),
            readings=tuple(one.text for one in readings[1:]),
            options=tuple(decision.get("options") or ()),
        )

    def _answer(self, text: str, data: Mapping[str, Any], elapsed_ms: float) -> dict[str, Any]:
        language, decision, titles = data["language"], data["decision"], self._titles
        reply_language = language["key"].split("-")[0]
        options = tuple(name for name in decision["options"] if name in titles)
        ranking = data.get("intent_ranking", [])
        intent, confidence = intent_of(
            Decision(decision["kind"], options),
            [(one["name"], one["confidence"]) for one in ranking],
            self._elsewhere,
        )
        before = len(text) - len(text.lstrip())  # Rasa reads a message without it
        tokens = data.get(TEXT_TOKENS) or ()
        return {
            "text": text,
            "intent": {"name": intent, "confidence": confidence},
            "entities": [
                {**one, "start": one["start"] + before, "end": one["end"] + before}
                for one in data.get("entities", [])
            ],
            "intent_ranking": ranking,
            "text_tokens": [[token.start + before, token.end + before] for token in tokens],
            "language": language,
            "decision": {
                **decision,
                "options": [
                    {"service": name, "title": titles[name][reply_language]} for name in options
                ],
            },
            "model": self.model_id,
            "elapsed_ms": elapsed_ms,
        }


def _describe(one: Span, data: Mapping[str, Any]) -> None:
    """What was understood, without the words."""
    decision, language = data.get("decision") or {}, data.get("language") or {}
    one.set_attribute("seva.decision", decision.get("kind"))
    one.set_attribute("seva.language", language.get("key"))
    if decision.get("kind") == "route":
        one.set_attribute("seva.service", decision["options"][0])


def _sentences(question: Question, understood: Understood) -> list[Question]:
    """What is to be understood apart: nothing of a message that is clear, or of one sentence."""
    if not question.apart:  # a tap among them, of which the pipeline finds nothing
        return []
    lead = understood.readings[0] if understood.readings else None
    text = lead.text if lead else question.text
    decision, intent = understood.data["decision"], understood.data.get("intent") or _NO_INTENT
    clear = decision["kind"] in _CLEAR and intent["confidence"] >= clear_from()
    if decision["danger"] or (clear and not says_besides(text)):
        return []
    return [
        Question(part, question.language, (replace(lead, text=part),) if lead else ())
        for part in sentences(text)
    ]


def _parse_data(found: Mapping[str, Any]) -> dict[str, Any]:
    """What the dialogue reads of what the pipeline found."""
    parsed = {name: found.get(name) for name in _UNDERSTOOD}
    parsed["answer"] = (found.get("traits") or {}).get("answer")
    parsed["intent"] = parsed["intent"] or dict(_NO_INTENT)
    parsed["entities"] = parsed["entities"] or []
    return parsed


class _Collected(OutputChannel):
    """Keeps what the action said."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []

    @classmethod
    def name(cls) -> str:
        return "whatsapp"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        told = {name: message[name] for name in ("text", "buttons") if message.get(name)}
        self.replies.append(Reply.from_json({"text": "", **told, **(message.get("custom") or {})}))


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
