// What a credential claims (CWT, RFC 8392), read strictly.

import { toCrockford } from "./bytes.js";
import { decodeCbor, MalformedCbor } from "./cbor.js";
import { lengthened } from "./short_text.js";

const [ISSUER, EXPIRES, ISSUED, ID] = [1, 4, 6, 7];
const [FORM, FIELDS, DIGEST] = [-70001, -70002, -70003];
const KNOWN = new Set([ISSUER, EXPIRES, ISSUED, ID, FORM, FIELDS, DIGEST]);
const NAME = /^[a-z][a-z0-9_]{0,63}$/;
const LATEST = 253402300799; // the year 9999: what Date can show

/** {id, department, form, fields, issued, expires}; times in seconds, expires may be null. Throws MalformedCbor. */
export function readClaims(payload, { longest_value, most_fields, field_names }) {
  const claims = decodeCbor(payload);
  if (!(claims instanceof Map)) throw new MalformedCbor("no claims");
  const expires = claims.has(EXPIRES) ? claims.get(EXPIRES) : null;
  const fields = longFields(claims.get(FIELDS), field_names);
  const right =
    [...claims.keys()].every((claim) => KNOWN.has(claim)) &&
    isName(claims.get(ISSUER)) &&
    isName(claims.get(FORM)) &&
    isTime(claims.get(ISSUED)) &&
    (expires === null || isTime(expires)) &&
    isBytes(claims.get(ID), 10) &&
    isBytes(claims.get(DIGEST), 16) &&
    Array.isArray(fields) &&
    fields.length <= most_fields &&
    fields.every((field) => isField(field, longest_value));
  if (!right) throw new MalformedCbor("claims that we never write");
  return {
    id: toCrockford(claims.get(ID)),
    department: claims.get(ISSUER),
    form: claims.get(FORM),
    fields,
    issued: claims.get(ISSUED),
    expires,
  };
}

/** Names and values as text; what is no list of pairs stays as it is and is refused. */
function longFields(fields, names) {
  if (!Array.isArray(fields) || !fields.every(Array.isArray)) return fields;
  return fields.map(([name, value, ...more]) => [
    Number.isInteger(name) ? names[name] : name,
    value instanceof Uint8Array ? longText(value) : value,
    ...more,
  ]);
}

function longText(bytes) {
  try {
    return lengthened(bytes);
  } catch {
    throw new MalformedCbor("text that we never write");
  }
}

const isName = (value) => typeof value === "string" && NAME.test(value);
const isTime = (value) => Number.isInteger(value) && value >= 0 && value <= LATEST;
const isBytes = (value, length) => value instanceof Uint8Array && value.length === length;
const isField = (value, longest) =>
  Array.isArray(value) &&
  value.length === 2 &&
  isName(value[0]) &&
  typeof value[1] === "string" &&
  [...value[1]].length <= longest;
