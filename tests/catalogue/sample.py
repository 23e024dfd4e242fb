"""A small, valid catalogue on disk; tests break it one line at a time."""

from __future__ import annotations

from pathlib import Path

FILES: dict[str, str] = {
    "languages.yml": """\
reply_languages: [te, hi, en]
default_language: te
keys:
  te:      {language: te, script: Telu, name: "Telugu"}
  te-Latn: {language: te, script: Latn, name: "Telugu in English letters"}
  hi:      {language: hi, script: Deva, name: "Hindi"}
  hi-Latn: {language: hi, script: Latn, name: "Hindi in English letters"}
  en:      {language: en, script: Latn, name: "English"}
names:
  te: ["telugu"]
  hi: ["hindi"]
  en: ["english"]
""",
    "check.yml": """\
counts: {trained: 2, holdout: 1, talk: 1, examples: 3}
lengths: {menu: 24, about: 72, button: 20, row: 24, sentence: 1024, fact: 300}
buttons: 3
script_share: 60
leak_ratio: 92
swap_ratio: 92
swap_from: 16
leak_cosine: 98
swap_cosine: 99
phrases:
  menu_button: {longest: 20}
  talk_to_person: {fields: [helpline]}
""",
    "phrases.yml": """\
phrases:
  menu_button: {te: "మెనూ", hi: "मेन्यू", en: "Menu"}
  talk_to_person: {te: "{helpline} కి ఫోన్ చేయండి", hi: "{helpline} पर फ़ोन कीजिए", en: "Call {helpline}"}
""",
    "slot_types.yml": """\
types:
  meter_number:
    kind: number
    pattern: '\\d{6}'
    sensitive: true
    extract: true
    examples: ["123456", "234567", "345678"]
    label: {te: "మీటరు", hi: "मीटर", en: "Meter"}
    ask: {te: "మీటరు నంబరు?", hi: "मीटर नंबर?", en: "Which meter?"}
    retry: {te: "ఆరు అంకెలు: 123456", hi: "छह अंक: 123456", en: "Six digits: 123456"}
  place_of_meter:
    kind: place
    gazetteer: towns
    examples: ["Tenali", "తెనాలి", "तेनाली"]
    label: {te: "ఊరు", hi: "शहर", en: "Town"}
    ask: {te: "ఏ ఊరు?", hi: "कौन सा शहर?", en: "Which town?"}
    retry: {te: "ఊరి పేరు: తెనాలి", hi: "शहर: तेनाली", en: "A town: Tenali"}
""",
    "gazetteers/towns.yml": """\
places:
  - value: tenali
    title: {te: "తెనాలి", hi: "तेनाली", en: "Tenali"}
    forms: ["thenali"]
""",
    "departments/defaults.yml": """\
timeouts: {connect: 2, read: 5, total: 15}
retry: {attempts: 3}
sender: {phone: X-Phone, code: X-Code}
""",
    "departments/power.yml": """\
department: power
title: {te: "విద్యుత్", hi: "बिजली", en: "Power"}
menu: {te: "విద్యుత్", hi: "बिजली", en: "Power"}
helpline: "1912"
office: {te: "మీ సెక్షన్ ఆఫీసు", hi: "आपका सेक्शन दफ़्तर", en: "your section office"}
openapi: openapi/power.yml
base_url: {env: SEVA_DEPARTMENT_POWER_URL, default: "http://127.0.0.1:8790/power"}
auth: {kind: api_key, header: X-Api-Key, env: SEVA_DEPARTMENT_POWER_KEY, default: sandbox-key}
operations:
  getBill:
    kind: read
    access: public
    because: "the sample knows nobody"
    request: {path: {meter: "{{ meter_number }}"}}
    result: {amount: "bill.amount"}
    outcomes:
      - {status: 200, outcome: ok}
      - {status: 404, outcome: not_found}
  payBill:
    kind: write
    access: public
    because: "the sample knows nobody"
    request: {body: {meter: "{{ meter_number }}", request: "{{ request_id }}"}}
    result: {order_id: "order.id"}
    outcomes:
      - {status: 201, outcome: ok}
      - {status: 409, code: no_dues, when: "dues == `0`", outcome: no_dues}
""",
    "departments/openapi/power.yml": """\
openapi: "3.0.3"
info: {title: "Power", version: "1.0"}
paths:
  /bills/{meter}:
    get:
      operationId: getBill
      parameters:
        - {name: meter, in: path, required: true, schema: {type: string}}
      responses:
        "200":
          description: "the bill"
          content: {application/json: {schema: {$ref: "#/components/schemas/Bill"}}}
        "404": {description: "no such meter"}
  /orders:
    post:
      operationId: payBill
      requestBody:
        content:
          application/json:
            schema: {type: object, properties: {meter: {type: string}, request: {type: string}}}
      responses:
        "201":
          description: "the order"
          content:
            application/json:
              schema:
                type: object
                properties: {order: {type: object, properties: {id: {type: string}}}}
        "409":
          description: "nothing is due"
          content:
            application/json:
              schema: {type: object, properties: {code: {type: string}, dues: {type: number}}}
components:
  schemas:
    Order: {type: object, properties: {id: {type: string}, ref: {type: string}}}
    Bill:
      type: object
      properties:
        order: {$ref: "#/components/schemas/Order"}
        bill:
          type: object
          properties: {amount: {type: number}, due: {type: string}, number: {type: string}}
""",
    "conversation/greet.yml": """\
intent: greet
utterances:
  te: ["నమస్తే", "బాగున్నారా"]
  te-Latn: ["namaskaram andi", "bagunnara"]
  hi: ["नमस्ते", "प्रणाम"]
  hi-Latn: ["namaste ji", "pranam"]
  en: ["hello", "good morning"]
holdout:
  te: ["వందనాలు"]
  te-Latn: ["vandanalu"]
  hi: ["राम राम"]
  hi-Latn: ["ram ram"]
  en: ["hi there"]
""",
    "services/power/bill_view.yml": """\
service: bill_view
department: power
phase: 1
kind: info
title: {te: "బిల్లు చూడండి", hi: "बिल देखें", en: "See the bill"}
menu: {te: "బిల్లు చూడండి", hi: "बिल देखें", en: "See bill"}
about: {te: "బిల్లు ఎంతో చూడండి", hi: "बिल कितना है, देखें", en: "See how much the bill is"}
utterances:
  te: ["బిల్లు ఎంత", "[123456](meter_number) బిల్లు చూపించండి"]
  te-Latn: ["bill entha", "bill choodali"]
  hi: ["बिल कितना है", "बिल दिखाओ"]
  hi-Latn: ["bill kitna hai", "bill dikhao"]
  en: ["how much is the bill", "show bill"]
holdout:
  te: ["ఈ నెల ఎంత వచ్చింది"]
  te-Latn: ["ee nela entha vachindi"]
  hi: ["इस महीने कितना आया"]
  hi-Latn: ["is mahine kitna aaya"]
  en: ["what do I owe this month"]
slots:
  - {name: meter_number, type: meter_number}
operation: {operationId: getBill}
replies:
  ok: {te: "బిల్లు {amount}", hi: "बिल {amount}", en: "The bill is {amount}"}
  not_found: {te: "దొరకలేదు", hi: "नहीं मिला", en: "Not found"}
facts:
  fee: {te: "ఉచితం.", hi: "मुफ़्त है।", en: "It is free."}
  source: "the sample's own charter"
  read: 2026-11-29
""",
    "services/power/bill_payment.yml": """\
service: bill_payment
department: power
phase: 1
kind: pay
title: {te: "బిల్లు కట్టండి", hi: "बिल भरें", en: "Pay the bill"}
menu: {te: "బిల్లు కట్టండి", hi: "बिल भरें", en: "Pay bill"}
about: {te: "కరెంటు బిల్లు కట్టండి", hi: "बिजली का बिल भरें", en: "Pay the power bill"}
utterances:
  te: ["బిల్లు కట్టాలి", "డబ్బులు కడతాను"]
  te-Latn: ["bill kattali", "dabbulu kadathanu"]
  hi: ["बिल भरना है", "पैसे जमा करने हैं"]
  hi-Latn: ["bill bharna hai", "paise jama karne hain"]
  en: ["pay the bill for [123456](meter_number) now", "I will pay now"]
  mix: ["bill ఇప్పుడే pay చేస్తాను"]
holdout:
  te: ["నా బాకీ తీర్చేస్తా"]
  te-Latn: ["naa baaki teerchestha"]
  hi: ["बकाया चुकाना है"]
  hi-Latn: ["bakaya chukana hai"]
  en: ["settle my dues"]
slots:
  - name: meter_number
    type: meter_number
    ask: {te: "ఏ మీటరు?", hi: "कौन सा मीटर?", en: "Which meter to pay for?"}
lookup: {operationId: getBill}
confirm: true
confirm_text: {te: "{amount} కడతారా?", hi: "{amount} भरें?", en: "Pay {amount}?"}
operation: {operationId: payBill}
replies:
  ok: {te: "ఆర్డర్ {order_id}", hi: "ऑर्डर {order_id}", en: "Order {order_id}"}
  no_dues: {te: "బాకీ లేదు", hi: "कुछ बाकी नहीं", en: "Nothing to pay"}
  not_found: {te: "దొరకలేదు", hi: "नहीं मिला", en: "Not found"}
neighbours: [bill_view]
""",
}

TYPES_FILE = "slot_types.yml"
VIEW = "services/power/bill_view.yml"
PAY = "services/power/bill_payment.yml"


def write_sample(root: Path, changes: dict[str, tuple[str, str]] | None = None) -> Path:
    """Writes the catalogue under `root`; `changes` replaces one piece of text per file."""
    for name, content in FILES.items():
        before, after = (changes or {}).get(name, ("", ""))
        if before and before not in content:
            raise ValueError(f"{before!r} is not in {name}")
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content.replace(before, after, 1) if before else content, "utf-8")
    return root


def line_of(file: Path, needle: str) -> int:
    """Line, counted from 1, of the first occurrence of `needle`."""
    lines = file.read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if needle in line)
