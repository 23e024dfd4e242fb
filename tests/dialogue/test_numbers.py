"""Numbers of ours: known by their kind, asked for again when nothing is found, or not at hand."""

from __future__ import annotations

import pytest

from actions.departments import OperationResult
from actions.dialogue import numbers
from actions.dialogue.form import Form
from actions.dialogue.state import CHANGE, Given, Memory, State
from tests.dialogue.talk import Department, Talk

LANGUAGES = ("te", "hi", "en")
KEYS = ("te", "te-Latn", "hi", "hi-Latn", "en")


def under_way() -> Department:
    """Of each status the answer is the same."""
    states = [OperationResult("in_progress")]
    names = ("getCertificateApplicationStatus", "getMunicipalApplicationStatus")
    return Department({name: list(states) for name in names})


@pytest.fixture()
def talk(form: Form) -> Talk:
    return Talk(form, under_way())


def language_of(key: str) -> str:
    return key.partition("-")[0]


def phrase(talk: Talk, name: str, language: str) -> str:
    return talk.form.catalogue.phrases[name][language]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("IC2611280001 స్టేటస్", "revenue/application"),
        ("ic 2611 280001 status", "revenue/application"),
        ("मेरा आवेदन CGC261100007 कहाँ है", "revenue/application"),
        ("naa ticket RTC26111001 cancel cheyandi", "apsrtc/ticket"),
        ("RTC२६१११००१", "apsrtc/ticket"),
        ("BC-VJA-2019-004512", "municipal/certificate"),
        ("ఈ సర్టిఫికెట్ BC-VJA-2019-004512 అసలైనదా", "municipal/certificate"),
        ("IC0226112093", "revenue/certificate"),
        ("PGRS261100015", "grievances/complaint"),
        ("SAN261100042", "municipal/complaint"),
        ("2026120261100001", "endowments/booking"),
        ("CMRF2026001001 status", "cmrf/application"),
    ],
)
def test_number_of_ours_is_known_alone_and_in_a_sentence(form: Form, text: str, kind: str) -> None:
    assert [f"{one.kind.department}/{one.kind.name}" for one in numbers.found(form, text)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "6123401005678",
        "9848012345",
        "499118665246",
        "SBIN0001234",
        "AP39AB1234",
        "05-11-2026 12:30",
    ],
)
def test_other_numbers_are_none_of_ours(form: Form, text: str) -> None:
    assert numbers.found(form, text) == []


@pytest.mark.parametrize(
    ("key", "text"),
    zip(
        KEYS,
        (
            "IC2611280001 స్టేటస్",
            "IC2611280001 status cheppandi",
            "IC2611280001 का स्टेटस",
            "IC2611280001 ka status",
            "status of IC2611280001",
        ),
    ),
)
async def test_number_with_a_wish_begins_the_service(talk: Talk, key: str, text: str) -> None:
    """Whatever the understanding makes of the sentence."""
    await talk.say(text, key=key, kind="out_of_scope")
    assert talk.department.calls[0][:2] == (
        "getCertificateApplicationStatus",
        {"application_number": "IC2611280001"},
    )


@pytest.mark.parametrize("language", LANGUAGES)
async def test_number_alone_is_said_by_its_kind(form: Form, language: str) -> None:
    talk = Talk(form, state=State(language=language))
    await talk.say("RTC26111001", key=None)
    kind = next(k for k in form.catalogue.departments["apsrtc"].numbers if k.name == "ticket")
    assert kind.title[language] in talk.text and "RTC26111001" in talk.text
    assert [f'"{n}"' in b.payload for n, b in zip(kind.services.values(), talk.buttons)] == [
        True
    ] * len(kind.services)
    await talk.tap("rtc_live_bus_tracking")
    assert talk.department.calls[0][:2] == ("trackBus", {"ticket_number": "RTC26111001"})


@pytest.mark.parametrize("language", LANGUAGES)
async def test_number_that_no_service_takes_names_the_office(form: Form, language: str) -> None:
    talk = Talk(form, state=State(language=language))
    await talk.say("STP261100001", key=None)
    department = form.catalogue.departments["apsrtc"]
    assert department.office and department.office[language] in talk.text
    assert "149" in talk.text and not talk.department.calls


async def test_certificate_of_a_municipality_is_checked(talk: Talk) -> None:
    await talk.say("BC-VJA-2019-004512", key=None)
    assert talk.department.calls[0][:2] == (
        "getCertificateVerification",
        {"certificate_number": "BCVJA2019004512"},
    )


async def test_number_of_another_department_is_asked_about_in_a_form(talk: Talk) -> None:
    """It would fit the question, and be denied."""
    await talk.say("supply status", key="en", intent="electricity_application_status", kind="route")
    await talk.say("IC2611280001", key=None)
    assert talk.state.asked == "switch/certificate_application_status"
    await talk.say("yes", key="en", intent="affirm", kind="conversation")
    assert talk.department.calls[-1][0] == "getCertificateApplicationStatus"


@pytest.mark.parametrize(
    ("service", "text"),
    [
        (
            "grievance_register",
            "the officer asks for money, status of IC2611280001 is not moving for 3 months",
        ),
        ("rtc_complaint", "the bus of RTC26111001 came late and the driver shouted"),
    ],
)
async def test_number_in_a_complaint_is_no_request_of_its_own(
    talk: Talk, service: str, text: str
) -> None:
    await talk.say(text, key="en", intent=service, kind="route", confidence=0.97)
    assert talk.state.service == service and not talk.department.calls


async def test_number_in_a_description_stays_there(talk: Talk) -> None:
    await talk.say("problem", key="en", intent="grievance_register", kind="route")
    before = talk.state.asked
    await talk.say("my application IC2611280001 is not done since 3 months", key="en")
    assert not (talk.state.asked or "").startswith("switch/") and before


# --- nothing found --------------------------------------------------------------------------


def not_found(operation: str, *then: OperationResult) -> Department:
    return Department(
        {operation: [OperationResult("not_found"), *(then or (OperationResult("ok"),))]}
    )


@pytest.mark.parametrize("language", LANGUAGES)
async def test_second_number_is_taken_where_the_first_was_not_found(
    form: Form, language: str
) -> None:
    talk = Talk(form, not_found("getBill"), State(language=language))
    await talk.say("bill 1123401009999", key=None, intent="electricity_bill_view", kind="route")
    reply = form.catalogue.services["electricity_bill_view"].replies["not_found"][language]
    assert talk.said[-1].text == reply.replace("{service_number}", "1123401009999")
    assert talk.state.asked == "service_number" and talk.open
    assert phrase(talk, "lacking_button", language) in [b.title for b in talk.buttons]
    await talk.say("6123401005678", key=None)
    assert [call[1] for call in talk.department.calls] == [
        {"service_number": "1123401009999"},
        {"service_number": "6123401005678"},
    ]
    assert not talk.open


async def test_where_the_town_was_wrong_it_can_be_changed(form: Form) -> None:
    talk = Talk(form, not_found("getMunicipalApplicationStatus"), State("en"))
    talk.department.results["getMunicipalApplicationStatus"][1:] = [OperationResult("in_progress")]
    await talk.say("x", key="en", intent="municipal_application_status", kind="route")
    await talk.say("Guntur", key="en", sure=0.0)
    await talk.say("OWN261100001", key="en", sure=0.0)
    assert talk.state.asked == "application_number"
    await talk.tap('"change"')
    await talk.tap('"change/ulb_name"')
    await talk.say("Vijayawada", key="en", sure=0.0)
    await talk.say("OWN261100001", key="en", sure=0.0)
    assert talk.department.calls[-1][1] == {
        "ulb_name": "vijayawada",
        "application_number": "OWN261100001",
    }


async def test_write_with_another_number_is_another_request(form: Form) -> None:
    """A department knows a request by its key, and its key belongs to its values."""
    talk = Talk(form, not_found("registerMeterComplaint"), State(language="en"))
    await talk.say(
        "meter 1123401009999", key=None, intent="electricity_meter_complaint", kind="route"
    )
    while talk.state.asked != "confirm":
        await talk.tap("/answer")
    await talk.say("yes", key="en", intent="affirm", kind="conversation")
    assert talk.state.asked == "service_number"
    await talk.say("6123401005678", key=None)
    await talk.say("yes", key="en", intent="affirm", kind="conversation")
    first, second = (call for call in talk.department.calls if call[0] == "registerMeterComplaint")
    assert first[2] != second[2] and second[1]["service_number"] == "6123401005678"


async def test_a_sentence_for_another_service_is_no_second_try(form: Form) -> None:
    """A number in it would be one: the bus pass was not found, and the power is out."""
    talk = Talk(form, not_found("getPassDues"), State("en"))
    await talk.say("renew bus pass 2617640192", key="en", intent="rtc_pass_renewal", kind="route")
    assert talk.state.asked == "pass_number" and talk.state.missed
    outage = {"intent": "electricity_supply_failure_complaint", "kind": "route"}
    await talk.say("no current at 6123401005678", key="en", **outage)
    assert talk.state.service == outage["intent"] and talk.state.asked == "location"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("te", "సర్వీస్ నంబరు నా దగ్గర లేదు"),
        ("te-Latn", "number gurtu ledu"),
        ("hi", "नंबर मेरे पास नहीं है"),
        ("hi-Latn", "mere paas number nahi hai"),
        ("en", "I don't have the number"),
    ],
)
async def test_a_power_cut_needs_no_number(form: Form, key: str, words: str) -> None:
    """What is said of the number is no place, and the number is not asked for any more."""
    talk = Talk(form, state=State(language_of(key)))
    outage = {"intent": "electricity_supply_failure_complaint", "kind": "route"}
    await talk.say("x", key=key, **outage)
    assert talk.state.asked == "location"
    await talk.say(words, key=key)
    assert talk.state.asked == "location"
    assert phrase(talk, "number_not_needed", language_of(key)) in talk.text
    await talk.say("3-45, Gandhi Nagar, Tenali", key="en", sure=0.0)
    assert talk.state.asked == "confirm"
    await talk.say("yes", key="en", intent="affirm", kind="conversation")
    assert talk.department.calls[-1][:2] == (
        "registerSupplyComplaint",
        {"location": "3-45, Gandhi Nagar, Tenali"},
    )


async def test_my_applications_shows_what_was_done_here(form: Form) -> None:
    """People call a complaint so too."""
    talk = with_memory(form, GARBAGE)
    await talk.say("my applications", key="en")
    assert "SAN261100042" in talk.said[0].text and talk.department.calls


async def test_what_else_the_sentence_tells_is_kept(form: Form) -> None:
    talk = Talk(form, state=State("te"))
    words = "RTC26110002 టికెట్ రద్దు చేయండి, మొబైల్ 9848012345"
    await talk.say(words, key="te", intent="rtc_ticket_cancellation", kind="route")
    assert talk.state.values == {"ticket_number": "RTC26110002", "mobile_number": "9848012345"}


async def test_where_several_values_name_a_record_the_citizen_says_which_is_wrong(
    form: Form,
) -> None:
    talk = Talk(form, not_found("getDeathCertificate"), State(language="en"))
    await talk.say("x", key="en", intent="death_certificate", kind="route")
    for answer in ("Vijayawada", "K. Subba Rao", "14-02-2026"):
        await talk.say(answer, key="en", sure=0.0)
    if talk.state.asked == "confirm":
        await talk.say("yes", key="en", intent="affirm", kind="conversation")
    assert talk.state.asked == CHANGE and talk.open
    await talk.tap('"change/date_of_death"')
    await talk.say("15-02-2026", key="en", sure=0.0)
    assert talk.department.calls[-1][1]["date_of_death"] == "2026-02-15"


NONE_AT_HAND = [
    ("te", "నంబరు లేదు"),
    ("te", "నా దగ్గర బిల్లు లేదు"),
    ("te", "నాకు నంబరు గుర్తు లేదు"),
    ("te-Latn", "number ledu"),
    ("te-Latn", "naa daggara bill ledu"),
    ("te-Latn", "number teliyadu"),
    ("hi", "नंबर नहीं है"),
    ("hi", "मेरे पास बिल नहीं है"),
    ("hi-Latn", "number nahi hai"),
    ("hi-Latn", "mere paas bill nahi hai"),
    ("en", "I don't have the number"),
    ("en", "I don't have the bill with me"),
    ("en", "i do not know"),
]


@pytest.mark.parametrize(("key", "words"), NONE_AT_HAND)
async def test_who_has_no_number_is_told_who_finds_it(talk: Talk, key: str, words: str) -> None:
    """Even where the understanding hears another service; the question stays open."""
    await talk.say("x", key=key, intent="temple_ticket_download", kind="route")
    wrong = {"intent": "electricity_billing_complaint", "kind": "route", "confidence": 0.97}
    await talk.say(words, key=key, **wrong)
    department = talk.form.catalogue.departments["endowments"]
    assert department.office and department.office[language_of(key)] in talk.text
    assert talk.state.asked == "ticket_number" and talk.state.service == "temple_ticket_download"
    await talk.say("20261207101034", key=None)
    assert talk.state.values["ticket_number"] == "20261207101034"


LISTED = OperationResult(
    "ok",
    {
        "values": "6123401005678\n6123401005679",
        "titles": "6123401005678\n6123401005679",
        "abouts": "K. Venkata Rao\nB. Rama Devi",
    },
)


@pytest.mark.parametrize(("key", "words"), NONE_AT_HAND[::3])
async def test_department_looks_for_what_is_on_record_for_this_phone(
    form: Form, key: str, words: str
) -> None:
    talk = Talk(form, Department({"listOwnConnections": [LISTED]}), State(language_of(key)))
    await talk.say("x", key=key, intent="electricity_bill_view", kind="route")
    await talk.say(words, key=key)
    assert phrase(talk, "numbers_on_phone", language_of(key)) in talk.text
    assert [b.title for b in talk.buttons[:2]] == ["6123401005678", "6123401005679"]
    await talk.tap("6123401005679")
    assert talk.department.calls[-1][:2] == ("getBill", {"service_number": "6123401005679"})


async def test_nothing_on_record_for_this_phone_leads_to_the_office(form: Form) -> None:
    empty = OperationResult("ok", {"values": "", "titles": "", "abouts": ""})
    talk = Talk(form, Department({"listOwnConnections": [empty]}), State("en"))
    await talk.say("x", key="en", intent="electricity_bill_view", kind="route")
    await talk.say("I don't have the number", key="en")
    assert phrase(talk, "number_not_on_phone", "en") in talk.text and "1912" in talk.text
    assert talk.state.asked == "service_number"
    await talk.say("no number", key="en")
    assert [call[0] for call in talk.department.calls] == ["listOwnConnections"]


# --- what this phone was given --------------------------------------------------------------

TICKET = Given("RTC26111001", "apsrtc", "ticket", "rtc_ticket_booking", "2026-11-24")
SECOND = Given("RTC26111002", "apsrtc", "ticket", "rtc_ticket_booking", "2026-11-20")
GARBAGE = Given(
    "SAN261100042",
    "municipal",
    "complaint",
    "garbage_complaint",
    "2026-11-25",
    {"ulb_name": "vijayawada", "location": "B camp"},
)


def with_memory(form: Form, *given: Given, language: str = "en", mobile: str = "") -> Talk:
    known = Memory(mobile, lambda: given)
    return Talk(form, under_way(), State(language=language), memory=known)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_only_number_is_read_back_and_gone_on_with(form: Form, language: str) -> None:
    talk = with_memory(form, TICKET, GARBAGE, language=language)
    await talk.say("x", key=None, intent="rtc_live_bus_tracking", kind="route")
    assert "RTC26111001" in talk.said[0].text
    assert talk.department.calls[0][:2] == ("trackBus", {"ticket_number": "RTC26111001"})


async def test_a_number_in_the_message_is_not_replaced(form: Form) -> None:
    talk = with_memory(form, TICKET)
    await talk.say("where is RTC26119999", key="en", intent="rtc_live_bus_tracking", kind="route")
    assert talk.department.calls[0][1] == {"ticket_number": "RTC26119999"}


async def test_several_numbers_are_offered_with_what_they_were_for(form: Form) -> None:
    talk = with_memory(form, TICKET, SECOND)
    await talk.say("x", key="en", intent="rtc_live_bus_tracking", kind="route")
    title = form.catalogue.services["rtc_ticket_booking"].title["en"]
    assert [(b.title, b.description) for b in talk.buttons] == [
        ("RTC26111001", f"{title}, 24-11-2026"),
        ("RTC26111002", f"{title}, 20-11-2026"),
    ]
    await talk.tap("saved/1")
    assert talk.department.calls[0][1] == {"ticket_number": "RTC26111002"}


MINE = [
    ("te", "నా ఫిర్యాదు ఏమైంది", "complaint"),
    ("te-Latn", "naa complaint emaindi", "complaint"),
    ("hi", "मेरी शिकायत का क्या हुआ", "complaint"),
    ("hi-Latn", "meri shikayat ka status", "complaint"),
    ("en", "status of my complaint", "complaint"),
    ("te", "స్టేటస్", "complaint"),
    ("en", "status", "complaint"),
]


@pytest.mark.parametrize(("key", "words", "thing"), MINE)
async def test_status_of_my_complaint_is_of_the_one_made_here(
    form: Form, key: str, words: str, thing: str
) -> None:
    """Though the understanding hears the electricity office; the town is known as well."""
    talk = with_memory(form, GARBAGE, language=language_of(key))
    route = {"intent": "electricity_complaint_status", "kind": "route"}
    await talk.say(words, key=key, **route)
    assert talk.department.calls[0][:2] == (
        "getMunicipalApplicationStatus",
        {"ulb_name": "vijayawada", "application_number": "SAN261100042"},
    )


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("te", "నా చివరి టికెట్"),
        ("te-Latn", "naa chivari ticket"),
        ("hi", "मेरा पिछला टिकट"),
        ("hi-Latn", "mera last ticket"),
        ("en", "my last ticket"),
    ],
)
async def test_my_last_ticket_is_shown(form: Form, key: str, words: str) -> None:
    talk = with_memory(form, GARBAGE, TICKET, language=language_of(key))
    await talk.say(words, key=key)
    assert talk.department.calls[0][1] == {"ticket_number": "RTC26111001"}


async def test_my_requests_lists_what_was_done_here(form: Form) -> None:
    talk = with_memory(form, GARBAGE, TICKET)
    await talk.say("my requests", key="en")
    assert [b.title for b in talk.buttons] == ["SAN261100042", "RTC26111001"]
    await talk.tap("RTC26111001")
    assert talk.department.calls[0][1] == {"ticket_number": "RTC26111001"}


@pytest.mark.parametrize("way", ["given", "other"])
async def test_other_complaints_are_offered_where_the_office_may_be_wrong(
    form: Form, way: str
) -> None:
    """The understanding heard the electricity office, which gave this phone no number."""
    talk = with_memory(form, GARBAGE)
    route = {"intent": "electricity_complaint_status", "kind": "route"}
    await talk.say("what became of the heap near my house", key="en", **route)
    assert [b.title for b in talk.buttons][:1] == ["SAN261100042"] and len(talk.buttons) == 2
    if way == "other":
        await talk.tap("electricity_complaint_status")
        assert talk.state.asked == "complaint_number"
    else:
        await talk.tap("SAN261100042")
        assert talk.department.calls[0][1] == {
            "ulb_name": "vijayawada",
            "application_number": "SAN261100042",
        }


@pytest.mark.parametrize(
    "words", ["cancel", "cancel it", "రద్దు చేయండి", "रद्द कीजिए", "పంపండి", "send"]
)
async def test_a_wish_alone_never_begins_what_changes_something(form: Form, words: str) -> None:
    talk = with_memory(form, TICKET)
    await talk.say(words, key="en", intent="cancel", kind="conversation")
    assert not talk.open and not talk.department.calls


@pytest.mark.parametrize("words", ["complaint status", "my last ticket", "my complaint"])
async def test_nothing_done_here_is_heard_as_before(form: Form, words: str) -> None:
    talk = with_memory(form)
    route = {"intent": "electricity_complaint_status", "kind": "route"}
    await talk.say(words, key="en", **route)
    assert talk.state.asked == "complaint_number"


# --- values of this conversation, and the own number ----------------------------------------


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("te", "అదే జిల్లా"),
        ("te-Latn", "ade jilla"),
        ("hi", "वही ज़िला"),
        ("hi-Latn", "wahi jila"),
        ("en", "same district"),
    ],
)
@pytest.mark.parametrize("way", ["tap", "words", "yes"])
async def test_a_place_said_before_is_offered(form: Form, key: str, words: str, way: str) -> None:
    talk = Talk(form, state=State(language=language_of(key)))
    await talk.say("x", key=key, intent="ror_1b", kind="route")
    assert talk.state.asked == "district" and not talk.buttons
    await talk.say("Guntur", key="en", sure=0.0)
    await talk.say("x", key=key, intent="adangal", kind="route", confidence=0.99)
    if (talk.state.asked or "").startswith("switch/"):
        await talk.tap("choose")
    assert talk.state.asked == "district"
    assert "Guntur" in talk.text or "గుంటూరు" in talk.text or "गुंटूर" in talk.text
    if way == "tap":
        await talk.tap("saved/0")
    elif way == "yes":
        await talk.say("yes", key=key, intent="affirm", kind="conversation")
    else:
        await talk.say(words, key=key)
    assert talk.state.values["district"] == "guntur"


async def test_mandal_and_village_are_not_mixed_up(form: Form) -> None:
    """Both are of one type."""
    talk = Talk(form, state=State("en"))
    await talk.say("x", key="en", intent="ror_1b", kind="route")
    for answer in ("Guntur", "Tenali", "Kolakaluru", "245"):
        await talk.say(answer, key="en", sure=0.0)
    await talk.say("x", key="en", intent="adangal", kind="route", confidence=0.99)
    for slot, value in (("district", "Guntur"), ("mandal", "Tenali"), ("village", "Kolakaluru")):
        assert talk.state.asked == slot and talk.buttons[0].title == value
        await talk.tap("saved/0")
    assert talk.state.values["village"] == "Kolakaluru"


def test_what_is_recalled_is_asked_somewhere(form: Form) -> None:
    slots = [slot for service in form.catalogue.services.values() for slot in service.slots]
    known = {slot.type.name for slot in slots} | {slot.name for slot in slots}
    assert set(form.settings.recalled) <= known


def test_words_of_the_departments_numbers_are_known(form: Form) -> None:
    """A wish or a thing that no word names would never be heard."""
    words = form.settings.numbers
    kinds = [kind for one in form.catalogue.departments.values() for kind in one.numbers]
    wishes = {wish for kind in kinds for wish in kind.services}
    assert wishes <= set(words.wants) and all(words.wants.values())
    called = {part for kind in kinds if kind.services for part in kind.name.split("_")}
    assert set(words.things) - {numbers.ANY} <= called


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("te", "ఇదే నంబరు"),
        ("te-Latn", "ide number"),
        ("hi", "यही नंबर"),
        ("hi-Latn", "yahi number"),
        ("en", "this number"),
    ],
)
async def test_own_number_is_offered_where_a_mobile_is_asked(
    form: Form, key: str, words: str
) -> None:
    talk = with_memory(form, language=language_of(key), mobile="9848012345")
    await talk.say("RTC26111001 cancel", key=key, intent="rtc_ticket_cancellation", kind="route")
    assert talk.state.asked == "mobile_number"
    assert "9848012345" in "".join(b.title.replace(" ", "") for b in talk.buttons)
    await talk.say(words, key=key, sure=0.0)
    assert talk.state.values["mobile_number"] == "9848012345"
