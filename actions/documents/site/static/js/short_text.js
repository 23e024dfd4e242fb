// Text in few bytes: see actions/documents/short_text.py.

const SCRIPTS = { 1: 0x0c00, 2: 0x0900 };
const [BLOCK, OTHER, PRINTABLE] = [0x80, 3, 0x20];

/** The text of shortened bytes. Throws a RangeError for bytes that no encoder writes. */
export function lengthened(bytes) {
  let text = "";
  let current = SCRIPTS[1];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte in SCRIPTS) current = SCRIPTS[byte];
    else if (byte === OTHER) {
      const [high, middle, low] = [1, 2, 3].map((next) => bytes[at + next] ?? 0);
      text += String.fromCodePoint((high << 16) | (middle << 8) | low);
      at += 3;
    } else text += String.fromCodePoint(byte < BLOCK ? byte : current + byte - BLOCK);
  }
  const again = shortened(text);
  const same = again.length === bytes.length && again.every((byte, at) => byte === bytes[at]);
  if (!same) throw new RangeError("not the shortest spelling");
  return text;
}

function shortened(text) {
  const found = [];
  let current = SCRIPTS[1];
  for (const sign of text) {
    const code = sign.codePointAt(0);
    const script = scriptOf(code);
    const printed = code >= PRINTABLE && (code < 0xd800 || code > 0xdfff);
    if (!printed) throw new RangeError("signs that are not printed");
    if (code < BLOCK) found.push(code);
    else if (script === undefined) found.push(OTHER, code >> 16, (code >> 8) & 255, code & 255);
    else {
      if (SCRIPTS[script] !== current) found.push(Number(script));
      current = SCRIPTS[script];
      found.push(BLOCK + code - current);
    }
  }
  return found;
}

const scriptOf = (code) =>
  Object.keys(SCRIPTS).find((script) => SCRIPTS[script] <= code && code < SCRIPTS[script] + BLOCK);
