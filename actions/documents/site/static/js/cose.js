// COSE_Sign1 (RFC 9052) with EdDSA, as our credentials use it: tag 18, the algorithm and the key's
// id in the protected header, nothing in the unprotected one.

import { concat } from "./bytes.js";
import { decodeCbor, MalformedCbor, Tagged } from "./cbor.js";

const SIGN1 = 18;
const [ALGORITHM, KEY_ID] = [1, 4];
const EDDSA = -8;
const [KEY_ID_BYTES, SIGNATURE_BYTES] = [8, 64];
const CONTEXT = new TextEncoder().encode("Signature1");

/** {keyId, payload, signed, signature}; `signed` are the bytes below the signature. Throws MalformedCbor. */
export function openSign1(bytes) {
  const message = decodeCbor(bytes);
  const parts = message instanceof Tagged && message.tag === SIGN1 ? message.value : null;
  if (!Array.isArray(parts) || parts.length !== 4) throw new MalformedCbor("no COSE_Sign1");
  const [protectedBytes, unprotected, payload, signature] = parts;
  for (const part of [protectedBytes, payload, signature]) {
    if (!(part instanceof Uint8Array)) throw new MalformedCbor("no COSE_Sign1");
  }
  const header = decodeCbor(protectedBytes);
  const keyId = header instanceof Map ? header.get(KEY_ID) : null;
  const plain =
    header.size === 2 &&
    header.get(ALGORITHM) === EDDSA &&
    keyId instanceof Uint8Array &&
    keyId.length === KEY_ID_BYTES &&
    unprotected instanceof Map &&
    unprotected.size === 0 &&
    signature.length === SIGNATURE_BYTES;
  if (!plain) throw new MalformedCbor("a header that we never write");
  return { keyId, payload, signature, signed: sigStructure(protectedBytes, payload) };
}

/** Sig_structure of RFC 9052 section 4.4, with no external data. */
function sigStructure(protectedBytes, payload) {
  return concat([0x84], string(3, CONTEXT), string(2, protectedBytes), [0x40], string(2, payload));
}

function string(kind, bytes) {
  const major = kind << 5;
  const { length } = bytes;
  if (length < 24) return concat([major | length], bytes);
  if (length < 256) return concat([major | 24, length], bytes);
  return concat([major | 25, length >> 8, length & 255], bytes);
}
