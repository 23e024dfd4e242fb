"""Which messages are understood sentence by sentence, and that it costs one more pass at most."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from nlu.engine.rasa_engine import Engine, Question, Understood
from nlu.engine.trackers import UnknownTracker, asks
from nlu.speech.transcript import Reading

STORY = {
    "te": "నా భర్త చనిపోయారు. మాకు ఇద్దరు పిల్లలు. ఆ పొలం నా పేరు మీదకి మార్చాలి",
    "te-Latn": "maa aayana chanipoyaru inka iddaru pillalu unnaru alage polam marchali",
    "hi": "मेरे पति गुज़र गए। दो बच्चे हैं। ज़मीन मेरे नाम करवानी है",
    "hi-Latn": "mere pati guzar gaye aur do bachche hai. zameen mere naam karwani hai",
    "en": "My husband died. We have two children. I want the land in my name",
}
UNCLEAR: dict[str, Any] = {
    "decision": {"kind": "clarify", "danger": None},
    "intent": {"confidence": 0.5},
}
CLEAR: dict[str, Any] = {
    "decision": {"kind": "route", "danger": None},
    "intent": {"confidence": 0.99},
}


class Path:
    """Understands nothing, and notes its passes."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.found, self.passes = found, list[list[Any]]()

    def run(self, messages: Sequence[Any]) -> list[Any]:
        self.passes.append(list(messages))
        return [SimpleNamespace(data={**self.found, "text": m.text}) for m in messages]


def understand(path: Path, *questions: Question) -> list[Understood]:
    engine = object.__new__(Engine)
    engine.path, engine._data = path, None  # type: ignore[assignment]
    return engine._understand(questions)


def apart(text: str, **more: Any) -> Question:
    return Question(text, apart=True, **more)


@pytest.mark.parametrize("key", STORY)
def test_a_long_unclear_message_is_understood_sentence_by_sentence(key: str) -> None:
    path = Path(UNCLEAR)
    (found,) = understand(path, apart(STORY[key]))
    assert found.data["text"] == STORY[key] and len(found.parts) == 3
    assert len(path.passes) == 2 and len(path.passes[1]) == 3


@pytest.mark.parametrize("text", ["tax", "naku income certificate kavali", "కరెంటు బిల్లు ఎంత?"])
def test_one_sentence_takes_one_pass(text: str) -> None:
    path = Path(UNCLEAR)
    (found,) = understand(path, apart(text))
    assert found.parts == () and len(path.passes) == 1


def test_what_is_clear_takes_one_pass_unless_it_wants_something_besides() -> None:
    path = Path(CLEAR)
    assert understand(path, apart(STORY["en"]))[0].parts == () and len(path.passes) == 1
    (both,) = understand(path, apart("book a bus to Tirupati and also show my bill"))
    assert [part["text"] for part in both.parts] == ["book a bus to Tirupati", "show my bill"]


def test_danger_and_an_open_form_take_one_pass() -> None:
    danger = {**UNCLEAR, "decision": {"kind": "out_of_scope", "danger": "violence"}}
    path = Path(danger)
    assert understand(path, apart(STORY["en"]))[0].parts == () and len(path.passes) == 1
    path = Path(UNCLEAR)
    assert understand(path, Question(STORY["en"]))[0].parts == () and len(path.passes) == 1


def test_the_sentences_of_many_messages_share_a_pass() -> None:
    path = Path(UNCLEAR)
    found = understand(path, apart(STORY["te"]), apart("tax"), apart(STORY["hi"]))
    assert [len(one.parts) for one in found] == [3, 0, 3]
    assert [len(one) for one in path.passes] == [3, 6]
    assert found[2].parts[0]["text"] == "मेरे पति गुज़र गए"


def test_the_sentences_of_a_voice_note_are_spoken_too() -> None:
    path = Path(UNCLEAR)
    readings = (Reading(STORY["te"], "te", 0.9), Reading(STORY["hi"], "hi", 0.0))
    (found,) = understand(path, apart(STORY["te"], readings=readings))
    assert len(found.parts) == 3
    assert {message.metadata["spoken"] for message in path.passes[1]} == {"te"}
    assert all(message.metadata["others"] == [] for message in path.passes[1])


@pytest.mark.parametrize(
    ("state", "open_"),
    [
        (None, False),
        ('{"v": 2, "slots": {"state": null}}', False),
        ('{"v": 2, "slots": {"state": {"asked": "resume/"}}}', False),
        ('{"v": 2, "slots": {"state": {"service": "x"}}}', False),
        ('{"v": 2, "slots": {"state": {"service": "x", "asked": "confirm"}}}', True),
        ('{"v": 1, "slots": {"service": "x", "asked": "confirm"}}', True),
    ],
)
def test_a_stored_tracker_tells_whether_a_form_is_open(state: str | None, open_: bool) -> None:
    assert asks(state) is open_


def test_a_tracker_of_another_version_is_unknown() -> None:
    with pytest.raises(UnknownTracker):
        asks('{"v": 99, "slots": {}}')
