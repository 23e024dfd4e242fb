"""The words of a late answer: those of its service, in the citizen's language."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from actions.departments import OperationResult, Origin
from actions.departments.journal import Entry, Write
from actions.departments.request import Context
from actions.news.late_answers import LateAnswers, service_of
from actions.news.notices import NoticeRefused, UnknownCitizen
from nlu.catalogue import Catalogue
from nlu.turn import Document, Notice

VALUES = {"service_number": "6123401005678"}
WRITE = Write(
    "energy",
    "payBill",
    VALUES,
    Context("109:IN.1", "n-payBill", "te", Origin("electricity_bill_payment", {"name": "Ravi"})),
)
FIELDS = {
    "amount": "845",
    "order_id": "O-1",
    "order_amount": "845",
    "payment_link": "https://pay.example/1",
    "pay_until": "10:45 AM",
}
PAID = OperationResult("ok", FIELDS)


@dataclass
class Outbox:
    """Takes notices; knows the languages of citizens."""

    languages: dict[str, str | None] = field(default_factory=dict)
    trouble: Exception | None = None
    taken: list[Notice] = field(default_factory=list)

    async def notify(self, notice: Notice) -> None:
        if self.trouble:
            raise self.trouble
        self.taken.append(notice)

    async def language_of(self, citizen: str) -> str | None:
        return self.languages.get(citizen)


async def tell(
    catalogue: Catalogue, outbox: Outbox, result: OperationResult, write: Write = WRITE
) -> None:
    tells = LateAnswers(catalogue, outbox.notify, outbox.language_of)
    await tells(Entry(write, "settled", 0.0, result), result)


@pytest.mark.parametrize("language", ["te", "hi", "en"])
async def test_answer_is_the_services_reply_in_the_language_of_today(
    catalogue: Catalogue, language: str
) -> None:
    outbox = Outbox({"109:IN.1": language})
    await tell(catalogue, outbox, PAID)
    [notice] = outbox.taken
    service = catalogue.services["electricity_bill_payment"]
    assert (notice.citizen, notice.language) == ("109:IN.1", language)
    assert notice.about == service.title[language]
    assert "845" in notice.text and "https" not in notice.text
    assert notice.link is not None and notice.link.url == "https://pay.example/1"
    assert "845" in notice.link.title
    assert "{" not in notice.text
    assert notice.text.split("845")[0].strip() in service.replies["ok"][language]


async def test_language_of_the_request_counts_where_none_is_known(catalogue: Catalogue) -> None:
    outbox = Outbox()
    await tell(catalogue, outbox, PAID)
    assert outbox.taken[0].language == "te"


@pytest.mark.parametrize("language", ["te", "hi", "en"])
async def test_answer_that_never_came_names_department_and_helpline(
    catalogue: Catalogue, language: str
) -> None:
    outbox = Outbox({"109:IN.1": language})
    await tell(catalogue, outbox, OperationResult("unavailable", reason="overdue"))
    energy = catalogue.departments["energy"]
    told = catalogue.phrases["unavailable_overdue"][language]
    fields = {"department": energy.title[language], "helpline": energy.helpline}
    assert outbox.taken[0].text == told.format(**fields)


async def test_fields_of_the_look_up_are_said_too(catalogue: Catalogue) -> None:
    service = catalogue.services["electricity_bill_payment"]
    replies = {**service.replies, "ok": dict.fromkeys(("te", "hi", "en"), "{name}: {amount}")}
    changed = {**catalogue.services, service.name: replace(service, replies=replies)}
    outbox = Outbox()
    await tell(replace(catalogue, services=changed), outbox, PAID)
    warning = catalogue.phrases["payment_safety"]["te"].format(**FIELDS)
    assert outbox.taken[0].text == f"Ravi: 845\n{warning}"


@pytest.mark.parametrize("language", ["te", "hi", "en"])
async def test_payment_link_comes_with_a_word_against_fraud(
    catalogue: Catalogue, language: str
) -> None:
    outbox = Outbox({"109:IN.1": language})
    await tell(catalogue, outbox, PAID)
    warning = catalogue.phrases["payment_safety"][language].format(**FIELDS)
    assert outbox.taken[0].text.endswith(f"\n{warning}")


async def test_refusal_of_a_payment_comes_without_it(catalogue: Catalogue) -> None:
    outbox = Outbox()
    await tell(catalogue, outbox, OperationResult("no_dues", {"amount": "0"}))
    assert "OTP" not in outbox.taken[0].text and outbox.taken[0].link is None


async def test_document_goes_along(catalogue: Catalogue) -> None:
    outbox, document = Outbox(), Document("https://x.example/1.pdf", "1.pdf")
    await tell(catalogue, outbox, replace(PAID, document=document))
    assert outbox.taken[0].document == document


async def test_same_answer_has_the_same_id(catalogue: Catalogue) -> None:
    outbox = Outbox()
    other = replace(WRITE, context=replace(WRITE.context, request_id="m-payBill"))
    for write in (WRITE, WRITE, other):
        await tell(catalogue, outbox, PAID, write)
    first, again, another = (notice.id for notice in outbox.taken)
    assert first == again != another
    assert "6123401005678" not in first and "IN.1" not in first


async def test_refused_notice_is_told_again_by_the_caller(catalogue: Catalogue) -> None:
    with pytest.raises(NoticeRefused):
        await tell(catalogue, Outbox(trouble=NoticeRefused("HTTP 503")), PAID)


async def test_citizen_who_is_not_on_whatsapp_is_given_up(catalogue: Catalogue) -> None:
    await tell(catalogue, Outbox(trouble=UnknownCitizen()), PAID)


async def test_service_that_is_gone_is_given_up(catalogue: Catalogue) -> None:
    outbox = Outbox()
    await tell(catalogue, outbox, PAID, replace(WRITE, operation="gone", context=_old()))
    assert outbox.taken == []


def test_write_that_was_kept_without_its_service_finds_it(catalogue: Catalogue) -> None:
    found = service_of(catalogue, replace(WRITE, context=_old()))
    assert found is not None and found.name == "electricity_bill_payment"


def _old() -> Context:
    return Context("109:IN.1", "n-payBill", "te")
