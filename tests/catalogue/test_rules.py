"""`seva check` finds each kind of mistake, at its line, with words that help."""

from __future__ import annotations

from pathlib import Path

import pytest
from jmespath.functions import Functions

from actions.departments.formats import TextFunctions
from nlu.catalogue.checker import check_catalogue
from nlu.catalogue.rules.contract import OWN_FUNCTIONS
from tests.catalogue.sample import PAY, VIEW, line_of, write_sample

POWER = "departments/power.yml"
TYPES = "slot_types.yml"
LONG = "a" * 73

# file, text to replace, replacement, text on the line where the problem must be, what it must say
BROKEN: list[tuple[str, str, str, str, str]] = [
    # YAML that means something else than it says
    (VIEW, '["how much is the bill", "show bill"]', '["bill?", no]', "bill?", "`no` in utterances"),
    (VIEW, "kind: info", "kind: 0123", "0123", "`0123` in kind is not text"),
    (VIEW, "phase: 1", 'phase: "x"', "phase", "must be a whole number"),
    (PAY, "confirm: true", "confirm: yes", "confirm: yes", "must be true or false"),
    (VIEW, "phase: 1", "phase: 1\nphase: 2", "phase: 2", "given twice"),
    (VIEW, "phase: 1", "phase: [1", "phase: [1", "text that begins with `[` needs quotes"),
    (VIEW, "service: bill_view", "service:", "service:", "service is empty"),
    (VIEW, '"See the bill"', '"TODO"', "TODO", "still to be done"),
    # keys
    (VIEW, "phase: 1", "phse: 1", "phse", "unknown key `phse` in the file; did you mean `phase`?"),
    (VIEW, "phase: 1\n", "", "service:", "`phase` is missing"),
    (VIEW, ', en: "See the bill"', "", "title", "`en` is missing in title"),
    (PAY, '  hi: ["बिल भरना है", "पैसे जमा करने हैं"]\n', "", "te: [", "`hi` is missing"),
    (VIEW, "phase: 1", "phase: 1\ntells: [fees]", "fees", "`fees` is unknown in tells.0"),
    (VIEW, "phase: 1", "phase: 1\ntells: [fees]", "fees", "did you mean `fee`?"),
    # names
    (VIEW, "service: bill_view", "service: bill", "service:", "the file is `bill_view.yml`"),
    (VIEW, "kind: info", "kind: infos", "kind:", "did you mean `info`?"),
    (VIEW, "department: power", "department: powr", "department:", "did you mean `power`?"),
    (POWER, "department: power", "department: energy", "department:", "file is `power.yml`"),
    (PAY, "type: meter_number", "type: meter_numbr", "type:", "did you mean `meter_number`?"),
    (PAY, "[bill_view]", "[bill_vew]", "neighbours", "did you mean `bill_view`?"),
    (PAY, "[bill_view]", "[bill_payment]", "neighbours", "unknown neighbour `bill_payment`"),
    (VIEW, "operationId: getBill", "operationId: getBil", "operation:", "did you mean `getBill`?"),
    (VIEW, "operation: {operationId: getBill}\n", "", "slots:", "answers everybody the same"),
    (PAY, "operation: {operationId: payBill}\n", "", "slots:", "answers everybody the same"),
    # replies, confirmation
    (VIEW, "  not_found: {", "  notfound: {", "replies", "no reply for the outcome `not_found`"),
    (VIEW, "  not_found: {", "  notfound: {", "notfound", "did you mean `not_found`?"),
    (PAY, "confirm: true", "confirm: false", "confirm:", "must ask before it acts"),
    (PAY, "Order {order_id}", "Order {orderid}", "ok:", "did you mean `order_id`?"),
    (PAY, "Order {order_id}", "Order", "ok:", "`{order_id}` is missing in replies.ok.en"),
    (PAY, "Order {order_id}", "Order {order_id", "ok:", "brace without its partner"),
    (PAY, "Pay {amount}?", "Pay {order_id}?", "confirm_text", "nothing fills `{order_id}`"),
    (
        PAY,
        "lookup: {operationId: getBill}",
        "lookup: {operationId: payBill}",
        "lookup",
        "not a read",
    ),
    # lengths
    (VIEW, '"See bill"', '"See the whole electricity bill"', "menu:", "the limit is 24"),
    (VIEW, '"See how much the bill is"', f'"{LONG}"', "about:", "shorten it by 1"),
    (VIEW, '"Not found"', f'"{"x" * 1025}"', "not_found", "the limit is 1024"),
    (POWER, '"your section office"', f'"{LONG}"', "office:", "shorten it by 1"),
    (VIEW, '"It is free."', f'"{"x" * 301}"', "fee:", "the limit is 300"),
    (VIEW, '"It is free."', '"It costs {amount}"', "fee:", "placeholders are not allowed here"),
    # facts
    (VIEW, "  fee: {", "  fees: {", "fees:", "did you mean `fee`?"),
    (VIEW, ', en: "It is free."', "", "fee:", "`en` is missing in facts.fee"),
    (VIEW, "read: 2026-11-29", "read: soon", "read:", "must be a day"),
    (VIEW, '  source: "the sample\'s own charter"\n', "", "fee:", "`source` is missing"),
    ("phrases.yml", '"Menu"', '"Menu of every service"', "menu_button", "the limit is 20"),
    ("phrases.yml", "Call {helpline}", "Call {help}", "talk_to", "did you mean `helpline`?"),
    ("phrases.yml", "  menu_button", "  menu_btn", "phrases:", "`menu_button` is missing"),
    (VIEW, '"See bill"', '"Pay bill"', "menu:", "is also that of bill_payment"),
    # utterances
    (VIEW, "(meter_number)", "(meter_numbr)", "123456", "did you mean `meter_number`?"),
    (VIEW, "(meter_number)", "(meter_number:to)", "123456", "has another"),
    (VIEW, "](meter_number)", "] (meter_number)", "123456", "does not belong to a mark"),
    (VIEW, "](meter_number)", "](Meter Number)", "123456", "is not a slot name"),
    (VIEW, "[123456]", "[ ]", "meter_number) ", "is empty or has spaces"),
    (VIEW, '"show bill"', '"I will pay now"', "I will pay", "also an utterance of bill_payment"),
    (VIEW, '"show bill"', '"sir I will pay now please"', "I will pay", "utterance of bill_payment"),
    (VIEW, '"బిల్లు ఎంత"', '"డబ్బులు కడతాను అండి"', "అండి", "utterance of bill_payment"),
    (VIEW, '"bill entha"', '"bill kattali andi"', "andi", "utterance of bill_payment"),
    (VIEW, '"बिल कितना है"', '"कृपया बिल भरना है जी"', "जी", "utterance of bill_payment"),
    (VIEW, '"bill kitna hai"', '"paise jama karne hain ji"', "ji", "utterance of bill_payment"),
    (VIEW, '"show bill"', '"HELLO!"', "HELLO", "also an utterance of greet"),
    (VIEW, '"show bill"', '"How much is the bill"', "How much is the", "is written twice"),
    (VIEW, "what do I owe this month", "Show  bill.", "Show  bill.", "both trained and held out"),
    (
        VIEW,
        "holdout:",
        'development:\n  en: ["Show  bill."]\nholdout:',
        "Show  bill.",
        "both trained and a development sentence",
    ),
    (
        VIEW,
        "holdout:",
        'development:\n  en: ["WHAT do I owe this month"]\nholdout:',
        '"what do I owe this month',
        "both a development sentence and held out",
    ),
    (
        VIEW,
        "holdout:",
        'development:\n  fr: ["la facture"]\nholdout:',
        "fr:",
        "unknown key `fr`",
    ),
    (VIEW, '"బిల్లు ఎంత"', '"please bill entha"', "please", "script of `te`"),
    (VIEW, '"bill entha"', '"బిల్లు entha"', "entha", "letters that are not Latin"),
    (VIEW, '"show bill"', '"?!"', "?!", "has no letter or digit"),
    (VIEW, ', "show bill"]', "]", "how much is", "utterances.en has 1 of at least 2"),
    (VIEW, '["what do I owe this month"]', "[]", "en: []", "holdout.en has 0 of at least 1"),
    ("conversation/greet.yml", '"hello", ', "", "good morning", "has 1 of at least 2"),
    ("conversation/greet.yml", '"hello"', '"[hello](who)"', "who", "unknown slot `who`"),
    # departments
    (POWER, "openapi: openapi/power.yml", "openapi: openapi/x.yml", "openapi:", "is missing"),
    (POWER, "openapi: openapi/power.yml\n", "", "department:", "`openapi` is missing"),
    (POWER, "  payBill:", "  payBil:", "payBil", "did you mean `payBill`?"),
    (POWER, '"bill.amount"', '"bill.amont"', "bill.amont", "did you mean `amount`?"),
    (POWER, '"bill.amount"', '"money(bill.amount)"', "money(", "did you mean `money_text`?"),
    (POWER, 'when: "dues == `0`"', 'when: "dies == `0`"', "dies", "did you mean `dues`?"),
    (POWER, '"{{ meter_number }}"}}', '"{{ meter_number }"}}', "meter_number }", "no template"),
    (POWER, "{path: {meter:", "{path: {metre:", "{metre:", "did you mean `meter`?"),
    (POWER, "{path: {meter:", "{path: {metre:", "{metre:", "wants `meter` in the path"),
    (POWER, "{body: {meter:", "{body: {metre:", "body: {metre:", "did you mean `meter`?"),
    (POWER, '"bill.amount"', '"bill..amount"', "bill..", "is not JMESPath"),
    (POWER, 'when: "dues == `0`"', 'when: "dues =="', "dues", "is not JMESPath"),
    (POWER, "status: 404", "status: not_found", "status: not", "must be a whole number"),
    (POWER, "kind: write", "kind: rite", "kind: rite", "did you mean `write`?"),
    (POWER, "    access: public\n", "", "kind: read", "`access` is missing in operations.getBill"),
    (POWER, "    access: public\n", "", "kind: read", "say who may use it: `access: public`"),
    (POWER, "access: public", "access: owners", "access: owners", "did you mean `owner`?"),
    (POWER, '    because: "the sample knows nobody"\n', "", "kind: read", "say why"),
    (POWER, '"the sample knows nobody"', '""', "because", "because is empty"),
    (POWER, '"the sample knows nobody"', '"TODO"', "because", "still to be done"),
    (POWER, "outcome: not_found}", "outcome: code_needed}", "code_needed", "of Seva's own"),
    (POWER, 'helpline: "1912"', "helpline: 1912", "helpline", 'put it in quotes: "1912"'),
    ("departments/defaults.yml", "connect: 2", "connect: 0", "timeouts", "number of seconds"),
    # slot types and places
    (TYPES, "kind: number", "kind: numbr", "kind: numbr", "did you mean `number`?"),
    (TYPES, "'\\d{6}'", "'\\d{6'(", "pattern", "not YAML"),
    (TYPES, "'\\d{6}'", "'(\\d'", "pattern", "pattern cannot be read"),
    (TYPES, '["123456", "234567", "345678"]', '["123456"]', "123456", "has 1 examples"),
    (TYPES, "gazetteer: towns", "gazetteer: town", "gazetteer", "did you mean `towns`?"),
    (TYPES, "    gazetteer: towns\n", "", "kind: place", "needs `gazetteer:`"),
    (TYPES, "    sensitive: true", "    min: 1", "min: 1", "`min` means nothing for kind number"),
    (TYPES, "    sensitive: true", "    checksum: crc", "checksum", "`crc` is unknown in"),
    (
        TYPES,
        '    label: {te: "మీటరు", hi: "मीटर", en: "Meter"}\n',
        "",
        "meter_number:",
        "no `label`",
    ),
]


@pytest.mark.parametrize(
    ("file", "before", "after", "needle", "says"), BROKEN, ids=[f"{b[0]}-{b[4]}" for b in BROKEN]
)
def test_check_finds_the_mistake_at_its_line(
    tmp_path: Path, file: str, before: str, after: str, needle: str, says: str
) -> None:
    """Every broken input gives its message at the right line."""
    write_sample(tmp_path, {file: (before, after)})
    broken = tmp_path / file
    problems = check_catalogue(tmp_path).problems
    told = [p for p in problems if p.file == broken and says in f"{p.what}; {p.mend}"]
    assert told, "\n".join(map(str, problems))
    assert line_of(broken, needle) in [p.line for p in told]


def test_check_accepts_the_sample(tmp_path: Path) -> None:
    """The sample that the table breaks is right in itself, also under --strict."""
    result = check_catalogue(write_sample(tmp_path), strict=True)
    assert result.problems == ()


ADVICE = """\
service: safety_advice
department: advice
phase: 2
kind: info
title: {te: "భద్రత", hi: "सुरक्षा", en: "Safety"}
menu: {te: "భద్రత", hi: "सुरक्षा", en: "Safety"}
about: {te: "భద్రత గురించి", hi: "सुरक्षा के बारे में", en: "About safety"}
utterances:
  te: ["జాగ్రత్తలు చెప్పండి", "భద్రత ఎలా"]
  te-Latn: ["jagrathalu cheppandi", "bhadratha ela"]
  hi: ["सावधानी बताइए", "सुरक्षा कैसे"]
  hi-Latn: ["savdhani bataiye", "suraksha kaise"]
  en: ["how to be safe", "safety rules"]
holdout:
  te: ["ఏం జాగ్రత్త పడాలి"]
  te-Latn: ["em jagratha padali"]
  hi: ["क्या ध्यान रखें"]
  hi-Latn: ["kya dhyan rakhen"]
  en: ["what should I watch out for"]
slots: []
replies:
  ok: {te: "తడి చేత్తో ముట్టుకోవద్దు", hi: "गीले हाथ से न छुएँ", en: "Do not touch with wet hands"}
"""


def test_a_department_that_only_tells_needs_no_computers(tmp_path: Path) -> None:
    root = write_sample(tmp_path)
    (root / "services/advice").mkdir()
    (root / "services/advice/safety_advice.yml").write_text(ADVICE, "utf-8")
    title = '{te: "సలహా", hi: "सलाह", en: "Advice"}'
    (root / "departments/advice.yml").write_text(
        f"department: advice\ntitle: {title}\nmenu: {title}\n", "utf-8"
    )
    checked = check_catalogue(root)
    assert [str(problem) for problem in checked.problems] == []
    assert not checked.catalogue.departments["advice"].called
    assert checked.catalogue.services["safety_advice"].operation is None


def test_sentences_of_one_intent_may_lie_in_files_by_topic(tmp_path: Path) -> None:
    root = write_sample(tmp_path)
    folder = root / "conversation/greet"
    folder.mkdir()
    whole = (root / "conversation/greet.yml").read_text("utf-8")
    (root / "conversation/greet.yml").rename(folder / "plain.yml")
    warm = whole[: whole.index("holdout:")]
    for before, after in {"hello": "how are you", "namaste ji": "kaise ho", "नमस्ते": "कैसे हैं"}.items():
        warm = warm.replace(before, after)
    for before, after in {"నమస్తే": "క్షేమమా", "namaskaram andi": "kshemama"}.items():
        warm = warm.replace(before, after)
    (folder / "warm.yml").write_text(warm, "utf-8")
    found = check_catalogue(root)
    greet = found.catalogue.conversation["greet"]
    assert len(greet.utterances["en"]) == 4 and len(greet.holdout["en"]) == 1
    told = [p for p in found.problems if p.file == folder / "warm.yml"]
    assert len(told) == 5 and len(found.problems) == 5, found.problems
    assert "`good morning` is written twice" in "\n".join(map(str, told))


def test_check_tells_every_mistake_at_once(tmp_path: Path) -> None:
    """Mistakes in several files do not hide each other."""
    write_sample(
        tmp_path,
        {VIEW: ("kind: info", "kind: infos"), PAY: ("confirm: true", "confirm: false")},
    )
    files = {problem.file.name for problem in check_catalogue(tmp_path).problems}
    assert files == {"bill_view.yml", "bill_payment.yml"}


def test_limits_that_a_folder_does_not_give_are_the_projects_own(tmp_path: Path) -> None:
    """A check.yml of an earlier version still checks."""
    root = write_sample(tmp_path)
    file = root / "check.yml"
    kept = [line for line in file.read_text("utf-8").splitlines() if "swap" not in line]
    file.write_text("\n".join(kept) + "\n", "utf-8")
    assert check_catalogue(root, strict=True).problems == ()


def test_check_strict_finds_a_holdout_that_only_changes_the_value(tmp_path: Path) -> None:
    """Another number in the same sentence measures nothing."""
    leak = "pay the bill for [999999](meter_number) now"
    write_sample(tmp_path, {PAY: ("settle my dues", leak)})
    assert check_catalogue(tmp_path).problems == ()
    (problem,) = check_catalogue(tmp_path, strict=True).problems
    assert "100 % alike" in problem.what
    assert problem.line == line_of(tmp_path / PAY, "999999")


def test_check_strict_finds_a_development_sentence_that_only_changes_the_value(
    tmp_path: Path,
) -> None:
    """It would make the model sure of what it knows by heart."""
    others = "".join(f"  {key}: []\n" for key in ("te", "te-Latn", "hi", "hi-Latn"))
    leak = '  en: ["pay the bill for [999999](meter_number) now"]\n'
    leak = f"development:\n{others}{leak}holdout:"
    write_sample(tmp_path, {PAY: ("holdout:", leak)})
    assert check_catalogue(tmp_path).problems == ()
    (problem,) = check_catalogue(tmp_path, strict=True).problems
    assert "the development `pay the bill" in problem.what and "100 % alike" in problem.what


@pytest.mark.parametrize(
    ("key", "first", "second"),
    [
        (
            "te",
            "[123456](meter_number) మీటరు బిల్లు ఎంత వచ్చింది",
            "[654321](meter_number) మీటరు బిల్లు ఎంత వచ్చింది",
        ),
        (
            "te-Latn",
            "naa current bill entha vachindo cheppandi",
            "naa current bill entha vachindo cheppandi andi",
        ),
        ("hi", "इस महीने का बिल कितना आया है बताइए", "इस महीने का बिल कितना आया है बताओ"),
        (
            "hi-Latn",
            "is mahine ka bill kitna aaya hai bataiye",
            "is mahine ka bill kitna aya hai bataiye",
        ),
        (
            "en",
            "how much is the bill of this month please",
            "how much is the bill of last month please",
        ),
    ],
)
def test_check_strict_finds_template_swaps(
    tmp_path: Path, key: str, first: str, second: str
) -> None:
    """Two trained sentences that differ in a word or a value teach the same twice."""
    root = write_sample(tmp_path)
    file = root / VIEW
    text = file.read_text("utf-8")
    head, mark, rest = text.partition(f"\n  {key}: [")
    file.write_text(f'{head}{mark}"{first}",\n    "{second}",\n    {rest}', "utf-8")
    assert check_catalogue(root).problems == ()
    (problem,) = check_catalogue(root, strict=True).problems
    assert "alike" in problem.what and "another situation" in problem.mend
    assert problem.line == line_of(file, f'"{second}"')


def test_check_ignores_the_script_of_marked_values(tmp_path: Path) -> None:
    """A long code in Latin letters does not make a Telugu sentence English."""
    code = "[RTC26110001RTC26110001](meter_number) బిల్లు"
    write_sample(tmp_path, {VIEW: ("[123456](meter_number) బిల్లు", code)})
    assert check_catalogue(tmp_path).problems == ()


def test_check_finds_a_service_in_two_departments(tmp_path: Path) -> None:
    """The name is the intent, so it can exist once only."""
    root = write_sample(tmp_path)
    twin = root / "services" / "water" / "bill_view.yml"
    twin.parent.mkdir()
    twin.write_text((root / VIEW).read_text("utf-8"), "utf-8")
    assert any("is also in" in problem.what for problem in check_catalogue(root).problems)


def test_check_finds_a_form_that_means_two_places(tmp_path: Path) -> None:
    """A spelling can stand for one place only."""
    again = '["thenali"]\n  - value: repalle\n    title: {te: "రేపల్లె", hi: "रेपल्ले", en: "Repalle"}\n'
    write_sample(
        tmp_path, {"gazetteers/towns.yml": ('["thenali"]\n', again + '    forms: ["Tenali"]\n')}
    )
    (problem,) = check_catalogue(tmp_path).problems
    assert "means both tenali and repalle" in problem.what


def test_functions_that_the_check_knows_are_those_that_answers_are_read_with() -> None:
    own = {name for name in TextFunctions.FUNCTION_TABLE} - set(Functions.FUNCTION_TABLE)
    assert own == set(OWN_FUNCTIONS)
