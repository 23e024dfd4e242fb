// Checkpoints of the log: C2SP tlog-checkpoint in a C2SP signed note.

import { concat, fromBase64, fromHex, same, sha256 } from "./bytes.js";
import { verifyEd25519 } from "./ed25519.js";

const ED25519 = 1;
const SIGNED_BY = /^\u2014 (\S+) (\S+)$/;

/** {name, hash, publicKey} of a verifier key line `name+hash+key`. Throws where it is none of that kind. */
export async function readVerifierKey(line, kind = ED25519) {
  const [, name, hash, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+([^\s]+)$/.exec(line.trim()) ?? [];
  if (encoded === undefined) throw new TypeError("no verifier key");
  const key = fromBase64(encoded);
  if (key.length !== 33 || key[0] !== kind) throw new TypeError("no key of that kind");
  const digest = await sha256(new TextEncoder().encode(`${name}\n`), key);
  if (!same(digest.subarray(0, 4), fromHex(hash))) throw new TypeError("key and its hash differ");
  return { name, hash: digest.subarray(0, 4), publicKey: key.subarray(1) };
}

/** {text, signatures} of a signed note, unchecked; null where it is none. */
export function readNote(note) {
  const end = note.lastIndexOf("\n\n");
  if (end < 0) return null;
  const lines = note.slice(end + 2).split("\n");
  return { text: note.slice(0, end + 1), signatures: lines.map(readSignature).filter((one) => one !== null) };
}

/** Whether a signature names this key; it is not verified by that. */
export const isOf = (key, { name, bytes }) => name === key.name && same(bytes.subarray(0, 4), key.hash);

/** {size, root} of a checkpoint that the log signed; null where it did not. */
export async function openCheckpoint(note, key) {
  const read = readNote(note);
  if (read === null) return null;
  const [origin, size, root] = read.text.split("\n");
  if (origin !== key.name || !/^(0|[1-9][0-9]{0,15})$/.test(size)) return null;
  for (const signature of read.signatures) {
    const signed = await isSignedBy(key, signature, read.text);
    if (signed) return { size: Number(size), root: fromBase64(root) };
  }
  return null;
}

function readSignature(line) {
  const [, name, encoded] = SIGNED_BY.exec(line) ?? [];
  return name === undefined ? null : { name, bytes: fromBase64(encoded) };
}

async function isSignedBy(key, signature, text) {
  if (signature.bytes.length !== 68 || !isOf(key, signature)) return false;
  const bytes = concat(new TextEncoder().encode(text));
  return verifyEd25519(key.publicKey, signature.bytes.subarray(4), bytes);
}
