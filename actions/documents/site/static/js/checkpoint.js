// Checkpoints of the log: C2SP tlog-checkpoint in a C2SP signed note.

import { concat, fromBase64, fromHex, same, sha256 } from "./bytes.js";
import { verifyEd25519 } from "./ed25519.js";

const ED25519 = 1;

/** {name, hash, publicKey} of a verifier key line `name+hash+key`. Throws where it is none of Ed25519. */
export async function readVerifierKey(line) {
  const [, name, hash, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+([^\s]+)$/.exec(line.trim()) ?? [];
  if (encoded === undefined) throw new TypeError("no verifier key");
  const key = fromBase64(encoded);
  if (key.length !== 33 || key[0] !== ED25519) throw new TypeError("no Ed25519 key");
  const digest = await sha256(new TextEncoder().encode(`${name}\n`), key);
  if (!same(digest.subarray(0, 4), fromHex(hash))) throw new TypeError("key and its hash differ");
  return { name, hash: digest.subarray(0, 4), publicKey: key.subarray(1) };
}

/** {size, root} of a checkpoint that the log signed; null where it did not. */
export async function openCheckpoint(note, key) {
  const end = note.lastIndexOf("\n\n");
  if (end < 0) return null;
  const text = note.slice(0, end + 1);
  const [origin, size, root] = text.split("\n");
  if (origin !== key.name || !/^(0|[1-9][0-9]{0,15})$/.test(size)) return null;
  for (const line of note.slice(end + 2).split("\n")) {
    if (await isSignedBy(key, line, text)) return { size: Number(size), root: fromBase64(root) };
  }
  return null;
}

async function isSignedBy(key, line, text) {
  const [, name, encoded] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? [];
  if (name !== key.name) return false;
  const signature = fromBase64(encoded);
  if (signature.length !== 68 || !same(signature.subarray(0, 4), key.hash)) return false;
  const bytes = concat(new TextEncoder().encode(text));
  return verifyEd25519(key.publicKey, signature.subarray(4), bytes);
}
