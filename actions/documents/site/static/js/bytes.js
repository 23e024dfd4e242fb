// Bytes as text and back, SHA-256, comparison.

const BASE64URL = /^[A-Za-z0-9_-]*$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz";

/** Bytes of base64url without padding (RFC 7515). Throws on anything that no encoder writes. */
export function fromBase64url(text) {
  if (!BASE64URL.test(text) || text.length % 4 === 1) throw new TypeError("not base64url");
  const bytes = decode(text.replaceAll("-", "+").replaceAll("_", "/"));
  if (toBase64url(bytes) !== text) throw new TypeError("base64url with stray bits");
  return bytes;
}

export function toBase64url(bytes) {
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Bytes of base64 with padding (RFC 4648). Throws on anything else. */
export function fromBase64(text) {
  if (!BASE64.test(text)) throw new TypeError("not base64");
  return decode(text);
}

function decode(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

export function fromHex(text) {
  if (typeof text !== "string" || !/^(?:[0-9a-f]{2})*$/.test(text)) throw new TypeError("not hex");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Crockford's base32 in lower case: 10 bytes are 16 letters. */
export function toCrockford(bytes) {
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  let text = "";
  for (let left = (bytes.length * 8) / 5; left > 0; left--, bits >>= 5n) {
    text = CROCKFORD[Number(bits & 31n)] + text;
  }
  return text;
}

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function same(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

export async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...parts)));
}
