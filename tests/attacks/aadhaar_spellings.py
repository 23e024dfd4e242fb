"""Ways to write or say an Aadhaar number, all of which are to be masked before they are stored."""

from __future__ import annotations

NUMBER = "234123412346"
"""A number with a right check digit that belongs to nobody (the one UIDAI's documents show)."""

SEPARATORS = {
    "space": " ", "two spaces": "  ", "three spaces": "   ", "no-break space": "\u00a0",
    "thin space": "\u2009", "ideographic space": "\u3000", "newline": "\n", "two newlines": "\n\n",
    "tab": "\t", "carriage return": "\r\n", "vertical tab": "\v", "form feed": "\f",
    "line separator": "\u2028", "hyphen": "-", "two hyphens": "--", "soft hyphen": "\u00ad",
    "en dash": "–", "em dash": "—", "minus": "−", "spaced dash": " - ", "dot": ".", "dots": "...",
    "middle dot": "·", "bullet": "•", "comma": ",", "comma and space": ", ", "semicolon": ";",
    "colon": ":", "slash": "/", "backslash": "\\", "underscore": "_", "pipe": "|", "plus": "+",
    "equals": "=", "star": "*", "stars": "**", "hash": "#", "tilde": "~", "at": "@", "caret": "^",
    "apostrophe": "'", "quote": '"', "curly quotes": "” “", "brackets": ")(", "square": "] [",
    "braces": "} {", "arrow": "→", "emoji": "👉", "heart": "❤️", "danda": "।",
    "zero-width space": "\u200b", "zero-width joiner": "\u200d", "zero-width non-joiner": "\u200c",
    "word joiner": "\u2060", "byte order mark": "\ufeff", "bidi override": "\u202d",
    "bidi isolate": "\u2066", "left-to-right mark": "\u200e", "combining grapheme joiner": "\u034f",
    "combining mark": "\u0332", "control": "\x01", "variation selector": "\ufe0f",
}  # fmt: skip
"""What stands between groups of digits."""

SCRIPTS = {
    "Telugu": "౦౧౨౩౪౫౬౭౮౯", "Devanagari": "०१२३४५६७८९", "Kannada": "೦೧೨೩೪೫೬೭೮೯",
    "Tamil": "௦௧௨௩௪௫௬௭௮௯", "Bengali": "০১২৩৪৫৬৭৮৯", "Gujarati": "૦૧૨૩૪૫૬૭૮૯",
    "Arabic": "٠١٢٣٤٥٦٧٨٩", "Persian": "۰۱۲۳۴۵۶۷۸۹", "full-width": "０１２３４５６７８９",
    "mathematical bold": "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "double-struck": "𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟𝟠𝟡", "monospace": "𝟶𝟷𝟸𝟹𝟺𝟻𝟼𝟽𝟾𝟿",
    "superscript": "⁰¹²³⁴⁵⁶⁷⁸⁹", "subscript": "₀₁₂₃₄₅₆₇₈₉", "circled": "⓪①②③④⑤⑥⑦⑧⑨",
    "negative circled": "⓿❶❷❸❹❺❻❼❽❾", "double circled": "⓪⓵⓶⓷⓸⓹⓺⓻⓼⓽",
    "segmented": "🯰🯱🯲🯳🯴🯵🯶🯷🯸🯹",
}  # fmt: skip
"""Figures from 0 to 9."""

UNITS = {
    "te": "సున్నా ఒకటి రెండు మూడు నాలుగు ఐదు ఆరు ఏడు ఎనిమిది తొమ్మిది",
    "te-Latn": "sunna okati rendu mudu naalugu aidu aaru edu enimidi tommidi",
    "hi": "शून्य एक दो तीन चार पाँच छह सात आठ नौ",
    "hi-Latn": "shunya ek do teen chaar paanch chhe saat aath nau",
    "en": "zero one two three four five six seven eight nine",
}
"""Words from nought to nine."""

PAIRS = {  # of NUMBER: 23 41 23 41 23 46
    "te": "ఇరవై మూడు నలభై ఒకటి ఇరవై మూడు నలభై ఒకటి ఇరవై మూడు నలభై ఆరు",
    "te-Latn": "iravai moodu nalabhai okati iravai moodu nalabhai okati iravai moodu nalabhai aaru",
    "hi": "तेईस इकतालीस तेईस इकतालीस तेईस छियालीस",
    "hi-Latn": "teis iktalis teis iktalis teis chhiyalis",
    "en": "twenty three forty one twenty three forty one twenty three forty six",
}
SENTENCES = {
    "te": "నా ఆధార్ నంబర్ {} దయచేసి చూడండి",
    "te-Latn": "naa aadhaar number {} chudandi",
    "hi": "मेरा आधार नंबर {} है",
    "hi-Latn": "mera aadhaar number {} hai",
    "en": "my aadhaar number is {} please",
}


def spellings(number: str) -> list[tuple[str, str]]:
    """(name, text) of all ways to write the twelve digits of `number`."""
    fours = [number[:4], number[4:8], number[8:]]
    rows = [("in one piece", number)]
    rows += [(f"fours, {name}", sign.join(fours)) for name, sign in SEPARATORS.items()]
    rows += [(f"digit by digit, {name}", sign.join(number)) for name, sign in SEPARATORS.items()]
    rows += [(f"{name} figures", _in(script, number)) for name, script in SCRIPTS.items()]
    rows += [(f"{name} fours", _in(script, " ".join(fours))) for name, script in SCRIPTS.items()]
    rows += [
        ("keycaps", "".join(f"{digit}\ufe0f\u20e3" for digit in number)),
        ("struck through", "".join(f"{digit}\u0336" for digit in number)),
        ("in parentheses", "".join(chr(0x2474 + int(d) - 1) if d != "0" else d for d in number)),
        ("scripts mixed", " ".join(map(_in, (SCRIPTS["Telugu"], "0123456789"), fours)) + fours[2]),
        ("bold", " ".join(f"*{group}*" for group in fours)),
        ("in brackets", "".join(f"({group})" for group in fours)),
        ("l for 1", number.replace("1", "l")),
        ("I for 1, in fours", " ".join(fours).replace("1", "I")),
        ("O for 0", number.replace("0", "O")),
        ("l for 1, digit by digit", " ".join(number.replace("1", "l"))),
        ("threes", " ".join(number[at : at + 3] for at in range(0, 12, 3))),
        ("pairs", " ".join(number[at : at + 2] for at in range(0, 12, 2))),
        ("sixes", f"{number[:6]} {number[6:]}"),
        ("five and seven", f"{number[:5]} {number[5:]}"),
        ("one and eleven", f"{number[0]} {number[1:]}"),
        ("dash said", " dash ".join(fours)),
        ("space said", " space ".join(fours)),
        ("and said", " మరియు ".join(fours)),
        ("behind a group of five", f"12345 {' '.join(fours)}"),
        ("behind an amount", f"5 {' '.join(fours)}"),
        ("before a digit", f"{' '.join(fours)} 5"),
        ("behind three groups", f"100 200 300 {number}"),
        ("between groups", f"77 {' '.join(fours)} 88"),
        ("glued to +91", f"+91{number}"),
        ("glued to 91, in fours", f"91{' '.join(fours)}"),
        ("glued to a digit, in fours", f"5{' '.join(fours)}"),
        ("with a digit too many, in fours", f"{' '.join(fours)}7"),
        ("glued to a mobile number", f"9848012345{number}"),
        ("behind a mobile number", f"9848012345 {number}"),
        ("glued to a word", f"aadhaar{number}ki"),
        ("glued to a Telugu word", f"ఆధార్{' '.join(fours)}కి"),
        ("twice", f"{number} {number}"),
        ("glued twice", number * 2),
    ]
    for key in UNITS:
        said = said_digits(number, key)
        rows += [
            (f"said in {key}", " ".join(said)),
            (f"said in {key}, commas", ", ".join(said)),
            (f"said in {key}, lines", "\n".join(said)),
            (f"said in {key}, dashes", "-".join(said)),
            (f"said in {key}, fours", ", ".join(" ".join(said[i : i + 4]) for i in (0, 4, 8))),
            (f"figures and {key}", " ".join([*fours[:2], *said[8:]])),
            (f"in a sentence in {key}", SENTENCES[key].format(" ".join(fours))),
            (f"said in a sentence in {key}", SENTENCES[key].format(" ".join(said))),
        ]
    mixed = [said_digits(digit, key)[0] for digit, key in zip(number, list(UNITS) * 3)]
    rows.append(("said in all languages", " ".join(mixed)))
    if number == NUMBER:
        rows += [(f"said in pairs in {key}", said) for key, said in PAIRS.items()]
    return rows


def said_digits(number: str, key: str) -> list[str]:
    """The digits as words of a language."""
    return [UNITS[key].split()[int(digit)] for digit in number]


def _in(script: str, text: str) -> str:
    return "".join(script[int(c)] if c.isdigit() else c for c in text)
