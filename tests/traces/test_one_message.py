"""One message in Telugu, from the webhook to the department and back: one trace, one id, nobody's
name. Real processes, the sandbox's department, and a small collector."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

import pytest
import regex

from nlu.trace import TraceContext
from tests.processes import PHONE, ROOT
from tests.traces.collector import Collector, Seen, collecting, tree
from tests.traces.roles import Roles, roles, until

pytestmark = pytest.mark.may_take(900, "starts every process")

NUMBER = "6123401005678"
ASKED = f"నా కరెంటు బిల్లు ఎంత వచ్చింది {NUMBER}"
AMOUNT = "₹845"
PRIVATE = (PHONE, PHONE[2:], NUMBER, "కరెంటు", "బిల్లు", AMOUNT, "wamid")
"""The citizen's numbers, words of the message and of the answer, and WhatsApp's ids: the phone
number is in them."""
ROLES = ("serve", "worker", "actions")
DOCUMENTED = regex.compile(r"^\| `([a-z_.]+)` \|", regex.MULTILINE)


@pytest.fixture(scope="module")
def collector() -> Iterator[tuple[Collector, str]]:
    with collecting() as found:
        yield found


@pytest.fixture(scope="module")
def here(
    collector: tuple[Collector, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Roles]:
    """All three roles, whose spans come at once."""
    folder = tmp_path_factory.mktemp("traces")
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector[1],
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        "SEVA_LEASE_SECONDS": "5",
    }
    with roles(folder, **settings) as started:
        started.start(*ROLES)
        yield started


@pytest.fixture
def spans(collector: tuple[Collector, str]) -> Collector:
    return collector[0]


def sent(found: list[Seen]) -> Callable[[list[Seen]], list[Seen]]:
    """The sends that were not there before."""
    known = {one.id for one in found}

    def new(spans: list[Seen]) -> list[Seen]:
        return [one for one in spans if one.name == "send whatsapp" and one.id not in known]

    return new


def test_one_message_is_one_trace(here: Roles, spans: Collector) -> None:
    before, asked = list(spans.spans), len(here.door.headers)
    here.say(PHONE, ASKED)
    here.until_told(PHONE, AMOUNT)
    [trace] = {one.trace for one in spans.until(sent(before))}
    wanted = {
        ("POST /webhooks/whatsapp", "seva-serve"),
        ("create inbox", "seva-serve"),
        ("process inbox", "seva-worker"),
        ("understand", "seva-worker"),
        ("dialogue", "seva-worker"),
        ("POST /webhook", "seva-worker"),
        ("POST /webhook", "seva-actions"),
        ("energy getBill", "seva-actions"),
        ("send whatsapp", "seva-worker"),
    }
    spans.until(lambda all_: wanted <= {(s.name, s.service) for s in all_ if s.trace == trace})
    found = spans.of(trace)
    print(tree(found))
    assert sum(not one.parent for one in found) == 1, tree(found)
    assert {one.parent for one in found if one.parent} <= {one.id for one in found}, tree(found)
    by_name: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    for one in found:
        by_name[one.name, one.service].append(one)
    above = {
        ("create inbox", "seva-serve"): ("POST /webhooks/whatsapp", "seva-serve"),
        ("process inbox", "seva-worker"): ("create inbox", "seva-serve"),
        ("understand", "seva-worker"): ("process inbox", "seva-worker"),
        ("dialogue", "seva-worker"): ("process inbox", "seva-worker"),
        ("POST /webhook", "seva-worker"): ("dialogue", "seva-worker"),
        ("POST /webhook", "seva-actions"): ("POST /webhook", "seva-worker"),
        ("energy getBill", "seva-actions"): ("POST /webhook", "seva-actions"),
        ("send whatsapp", "seva-worker"): ("process inbox", "seva-worker"),
    }
    for name, parent in above.items():
        parents = {one.id for one in by_name[parent]}
        assert any(one.parent in parents for one in by_name[name]), (name, tree(found))
    understood = by_name["understand", "seva-worker"][-1].attributes
    assert understood["seva.service"] == "electricity_bill_view"
    assert (understood["seva.decision"], understood["seva.language"]) == ("route", "te")
    turn, send = by_name["process inbox", "seva-worker"], by_name["send whatsapp", "seva-worker"]
    assert turn[-1].attributes["seva.outcome"] == "answered"
    assert send[-1].attributes["seva.outcome"] == "sent"

    # The department got it, from the span of its own call.
    calls = [one for one in found if one.attributes.get("seva.department") and one.kind == 3]
    told = [TraceContext.read(one.get("traceparent")) for one in here.door.headers[asked:]]
    assert {(trace, one.id) for one in calls} == {(t.trace_id, t.span_id) for t in told if t}
    assert calls

    # Every line of the three roles about this message.
    events = {"serve": {"message_came"}, "worker": {"turn"}, "actions": {"department_call"}}
    for role, about in events.items():
        lines = [one for one in here.lines(role) if one["event"] in about]
        assert lines and {one["trace"] for one in lines} == {trace}, (role, lines)


def test_messages_that_come_together_have_a_trace_each(here: Roles, spans: Collector) -> None:
    """They are linked to their delivery."""
    known = {one.id for one in spans.spans}
    phones = ("919000000011", "919000000012")
    said = [{"citizen": phone, "type": "text", "text": "నమస్కారం"} for phone in phones]
    here.web.post("/__inbound", json={"messages": said, "batched": True}).raise_for_status()
    for phone in phones:
        until(lambda phone=phone: here.phone(phone, 0))  # type: ignore[misc]

    def came(all_: list[Seen]) -> list[Seen]:
        new = [one for one in all_ if one.id not in known]
        return new if sum(one.name == "create inbox" for one in new) == 2 else []

    new = spans.until(came)
    created = [one for one in new if one.name == "create inbox"]
    assert len({one.trace for one in created}) == 2 and not any(one.parent for one in created)
    [delivery] = {link for one in created for link in one.links}
    assert delivery[0] not in {one.trace for one in created}
    deliveries = spans.until(lambda all_: [s for s in all_ if (s.trace, s.id) == delivery])
    assert deliveries[0].name == "POST /webhooks/whatsapp"
    assert deliveries[0].attributes["messaging.batch.message_count"] == "2"


def test_a_killed_worker_is_continued_in_the_same_trace(here: Roles, spans: Collector) -> None:
    asked = len(here.door.headers)
    told_before = here.phone(PHONE, 0)
    here.fault("late", delay_s=30, times=1)
    here.say(PHONE, ASKED)
    until(lambda: len(here.door.headers) > asked)  # the turn waits for the department
    here.kill("worker")
    here.fault("none")
    here.start("worker")
    here.until_told(PHONE, AMOUNT, after=len(told_before))
    told = [TraceContext.read(one.get("traceparent")) for one in here.door.headers[asked:]]
    assert len(told) >= 2, "the second worker asked the department again"
    [trace] = {one.trace_id for one in told if one}
    # What was sent before may be exported only now, so only this trace is looked for.
    spans.until(lambda all_: [s for s in all_ if s.trace == trace and s.name == "send whatsapp"])
    turns = spans.until(
        lambda all_: [s for s in all_ if s.trace == trace and s.name == "process inbox"]
    )
    assert [one.attributes["seva.attempt"] for one in turns][:1] == ["2"]  # 1 died unrecorded
    # The word that it takes longer went through `seva serve`, in the same trace.
    assert [one for one in spans.of(trace) if one.name == "POST /notices"]
    lines = [one for one in here.lines("worker") if one.get("trace") == trace]
    assert "turn" in {one["event"] for one in lines}


def test_nothing_of_a_citizen_is_in_a_span_or_a_line(here: Roles, spans: Collector) -> None:
    """Last of all: of everything above. Attributes are those that the documents list."""
    exported = "\n".join(spans.bodies)
    logged = {role: here.log(role) for role in ROLES}
    for private in PRIVATE:
        assert private not in exported, private
        for role, text in logged.items():
            assert private not in text, (role, private)
    listed = set(DOCUMENTED.findall((ROOT / "docs" / "tracing.md").read_text("utf-8")))
    used = {name for one in spans.spans for name in one.attributes}
    assert used and used <= listed, used - listed
