"""What the classifier learns from, and what it calibrates on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.augment import augmenter
from nlu.augment.transcripts import HeardUtterance
from nlu.components.training_message import HELD_BACK, KEY, TrainingMessage
from nlu.fast_yaml import load_yaml
from nlu.paths import SHIPPED
from tests.deferred import Deferred

fine_tuning = Deferred("nlu.components.fine_tuning")
language_identifier = Deferred("nlu.components.language_identifier")
service_classifier = Deferred("nlu.components.service_classifier")

SPOKEN = next(
    component["spoken"]
    for component in load_yaml((SHIPPED / "config.yml").read_text("utf-8"))["pipeline"]
    if "spoken" in component
)
BILL = {
    "te": ["కరెంటు బిల్లు ఎంత", "నా బిల్లు చూపించు", "ఈ నెల కరెంటు బిల్లు"],
    "te-Latn": ["karentu billu entha", "naa billu choopinchu", "ee nela billu"],
    "hi": ["बिजली का बिल कितना", "मेरा बिल दिखाओ", "इस महीने का बिल"],
    "hi-Latn": ["bijli ka bill kitna", "mera bill dikhao", "is mahine ka bill"],
    "en": ["how much is the bill", "show my bill", "bill of this month"],
}
BUS = {
    "te": ["బస్ టికెట్ కావాలి", "బస్సు ఎన్నింటికి", "టికెట్ రద్దు"],
    "te-Latn": ["bus ticket kavali", "bassu ennintiki", "ticket raddu"],
    "hi": ["बस का टिकट चाहिए", "बस कितने बजे", "टिकट रद्द"],
    "hi-Latn": ["bus ka ticket chahiye", "bus kitne baje", "ticket radd"],
    "en": ["i want a bus ticket", "when is the bus", "cancel the ticket"],
}
UNSEEN = {"te": "కరెంటు బిల్", "te-Latn": "bassu ticket", "hi": "बिल दिखाइए", "hi-Latn": "bill kitna"}


def messages(*, held_back: dict[str, str]) -> list[Message]:
    """Both services in every key, and sentences of a development part."""
    said = [(text, "bill", key, False) for key, texts in BILL.items() for text in texts]
    said += [(text, "bus", key, False) for key, texts in BUS.items() for text in texts]
    said += [(text, intent, "te", True) for text, intent in held_back.items()]
    found = []
    for text, intent, key, held in said:
        facts: dict[str, Any] = {KEY: key, **({HELD_BACK: True} if held else {})}
        message = TrainingMessage.build(text, intent, example_metadata=facts)
        found.append(embedded(message))
    return found


def embedded(message: Message) -> Message:
    """With a vector that says nothing, so that n-grams decide."""
    vector = np.full((1, 4), 0.5, np.float32)
    message.add_features(Features(vector, FEATURE_TYPE_SENTENCE, TEXT, "sentence_encoder"))
    return message


@pytest.fixture
def storage(tmp_path: Path) -> LocalModelStorage:
    return LocalModelStorage.create(tmp_path)


def trained(
    storage: LocalModelStorage, data: list[Message], name: str = "classifier", **settings: Any
) -> tuple[service_classifier.ServiceClassifier, dict[str, np.ndarray]]:
    """The component, read back, and what it was calibrated on."""
    config = {
        **service_classifier.ServiceClassifier.get_default_config(),
        "spoken": SPOKEN,
        **settings,
    }
    resource, context = Resource(name), ExecutionContext(GraphSchema({}))
    service_classifier.ServiceClassifier.create(config, storage, resource, context).train(
        TrainingData(data)
    )
    with (
        storage.read_from(resource) as folder,
        np.load(folder / service_classifier.DEVELOPMENT) as kept,
    ):
        development = dict(kept)
    return service_classifier.ServiceClassifier.load(
        config, storage, resource, context
    ), development


def top(classifier: service_classifier.ServiceClassifier, text: str) -> tuple[str, float]:
    message = embedded(Message(data={TEXT: text}))
    classifier.process([message])
    first = message.get("intent_ranking")[0]
    return first["name"], first["confidence"]


def test_development_sentences_calibrate_and_teach_nothing(storage: LocalModelStorage) -> None:
    """Words that only they have stay unknown."""
    strange = {"zzqx wvvk": "bus", "కరెంటు బిల్లు ఎప్పుడు": "bill"}
    classifier, development = trained(storage, messages(held_back=strange))
    assert sorted(development["truth"]) == ["bill", "bus"]
    assert development["probabilities"].shape == (2, 2)
    without, _ = trained(storage, messages(held_back={"కరెంటు బిల్లు ఎప్పుడు": "bill"}), "other")
    message = embedded(Message(data={TEXT: "zzqx wvvk"}))
    scores = [
        c._model.scores(np.zeros(4), c._hashed(message.get(TEXT))) for c in (classifier, without)
    ]
    assert scores[0] == pytest.approx(scores[1])


def test_wrong_development_sentences_make_it_unsure(storage: LocalModelStorage) -> None:
    """The temperature is theirs: what they say is often wrong is not said with confidence."""
    honest = {"కరెంటు బిల్లు ఎప్పుడు": "bill", "bus kab hai": "bus", "show the bill": "bill"}
    wrong = {text: {"bill": "bus", "bus": "bill"}[intent] for text, intent in honest.items()}
    sure, _ = trained(storage, messages(held_back=honest), "honest")
    unsure, _ = trained(storage, messages(held_back=wrong), "wrong")
    for text in UNSEEN.values():
        assert top(sure, text)[1] > top(unsure, text)[1]


def test_without_a_development_part_a_share_calibrates_and_is_learned_after_all(
    storage: LocalModelStorage,
) -> None:
    """Every utterance is learned in the end."""
    data = messages(held_back={})
    classifier, development = trained(storage, data)
    assert 0 < len(development["truth"]) < len(data) / 2
    for message in data:
        assert top(classifier, message.get(TEXT))[0] == message.get("intent")


@pytest.mark.parametrize("key", UNSEEN)
def test_it_understands_each_key(storage: LocalModelStorage, key: str) -> None:
    classifier, _ = trained(storage, messages(held_back={}))
    assert top(classifier, UNSEEN[key])[0] == ("bus" if key == "te-Latn" else "bill")


HELD = {
    "కరెంటు బిల్లు చూపించు": ("bill", "te", "Karemtu bil chu pinchu"),
    "బిల్లు కట్టాలి కరెంటు": ("bill", "te", "Bilukattali karemtu"),
    "बिजली का बिल दिखाइए": ("bill", "hi", "Bij li kabil dikhai ye"),
    "బస్ టికెట్ ఇవ్వండి": ("bus", "te", "Bastiket ivan di"),
    "బస్సు ఎన్ని గంటలకు": ("bus", "te", "Ba su enni gamtalaku"),
    "बस का टिकट दीजिए": ("bus", "hi", "Baska tikat di jiye"),
}


@pytest.fixture
def read_aloud(monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """Sentences of a development part, and what was heard when they were read."""
    rows = tuple(
        HeardUtterance(intent, language, "a voice", "a model", text, heard)
        for text, (intent, language, heard) in HELD.items()
    )
    monkeypatch.setattr(augmenter, "_read_heard", lambda folder: rows)
    return [
        embedded(
            TrainingMessage.build(text, intent, example_metadata={HELD_BACK: True, KEY: language})
        )
        for text, (intent, language, _) in HELD.items()
    ]


def confidence(
    classifier: service_classifier.ServiceClassifier, text: str, intent: str, **told: Any
) -> float:
    """Of an intent for a message that is `told` to be spoken."""
    data = {
        TEXT: text,
        "metadata": told,
        language_identifier.LANGUAGE: {"script": told.pop("script", "Latn")},
    }
    message = embedded(Message(data=data))
    classifier.process([message])
    found = {row["name"]: row["confidence"] for row in message.get("intent_ranking")}
    return float(found[intent])


def test_spoken_telugu_and_hindi_are_ranked_by_sound(
    storage: LocalModelStorage, read_aloud: list[Message]
) -> None:
    """Borders between words are wrong, which written words would not survive."""
    classifier, development = trained(storage, messages(held_back={}) + read_aloud)
    assert len(development["truth"]) == len(HELD)  # transcripts do not calibrate written words
    for text, language, intent in (
        ("Ka remtubi luemta", "te", "bill"),
        ("Bij likabil kit na", "hi", "bill"),
        ("Bastik etkava li", "te", "bus"),
        ("Ba ska tikatcha hiye", "hi", "bus"),
    ):
        written = confidence(classifier, text, intent)
        assert confidence(classifier, text, intent, spoken=language) > max(0.6, written)


@pytest.mark.parametrize(
    "told", [{"spoken": "en"}, {"spoken": None}, {"spoken": "te", "script": "Telu"}]
)
def test_other_messages_are_ranked_as_written_words(
    storage: LocalModelStorage, read_aloud: list[Message], told: dict[str, Any]
) -> None:
    """English, what was typed, and what a model wrote in the language's own script."""
    classifier, _ = trained(storage, messages(held_back={}) + read_aloud)
    assert classifier._transcripts is not None
    for text in UNSEEN.values():
        written = confidence(classifier, text, "bill")
        assert confidence(classifier, text, "bill", **told) == pytest.approx(written)


def test_without_readings_there_are_no_machines_for_them(storage: LocalModelStorage) -> None:
    """Then what was spoken is ranked as written words."""
    classifier, _ = trained(storage, messages(held_back={"కరెంటు బిల్లు ఎప్పుడు": "bill"}))
    assert classifier._transcripts is None
    assert confidence(classifier, "karentu billu", "bill", spoken="te") > 0.5


def test_an_intent_may_count_less_when_heard(
    storage: LocalModelStorage, read_aloud: list[Message]
) -> None:
    """What was written is ranked as before."""
    data = messages(held_back={}) + read_aloud
    plain, _ = trained(storage, data)
    lowered = {**SPOKEN, "lowered": {"bus": 9.0, "x": 1}}
    less, _ = trained(storage, data, "less", spoken=lowered)
    text = "Bastiket kava li"
    assert confidence(plain, text, "bus", spoken="te") > 0.5
    assert confidence(less, text, "bus", spoken="te") < 0.5
    assert confidence(less, text, "bus") == pytest.approx(confidence(plain, text, "bus"))


def test_all_that_was_heard_counts(storage: LocalModelStorage, read_aloud: list[Message]) -> None:
    """A second reading that makes sense helps one that does not."""
    classifier, _ = trained(storage, messages(held_back={}) + read_aloud)
    alone = confidence(classifier, "Mumma lala", "bill", spoken="te")
    helped = confidence(classifier, "Mumma lala", "bill", spoken="te", others=["Karemtu bilu emta"])
    assert helped > alone


def test_the_network_learns_everything_but_the_development_part() -> None:
    """Then no share is taken besides."""
    held = {"కరెంటు బిల్లు ఎప్పుడు": "bill"}
    data = messages(held_back=held)
    learned = {example.text for example in fine_tuning.learned_from(data, share=0.5)}
    assert learned == {m.get(TEXT) for m in data} - set(held)
    fewer = fine_tuning.learned_from(messages(held_back={}), share=0.5)
    assert 0 < len(fewer) < len(data) - 1
    assert {example.intent for example in fewer} == {"bill", "bus"}
