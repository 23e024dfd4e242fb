// Witnesses: other bodies that signed the register's checkpoint too (C2SP tlog-cosignature).

import { concat } from "./bytes.js";
import { isOf, readNote, readVerifierKey } from "./checkpoint.js";
import { verifyEd25519 } from "./ed25519.js";

const COSIGNATURE = 4;

/**
 * {result, count}: how many of the known witnesses signed the checkpoint. `open`: none of them;
 * `bad`: a signature in a witness's name is not its own. Null where no witness is known.
 */
export async function seenBy(note, witnessLines) {
  if (witnessLines.length === 0) return null;
  try {
    const { text, signatures } = readNote(note);
    const keys = await Promise.all(witnessLines.map((line) => readVerifierKey(line, COSIGNATURE)));
    const found = keys.map((key) => signatures.filter((signature) => isOf(key, signature)));
    const right = await Promise.all(
      keys.map((key, at) => Promise.all(found[at].map((one) => isCosigned(key, one.bytes, text)))),
    );
    if (right.flat().includes(false)) return { result: "bad", count: 0 };
    const count = right.filter((signed) => signed.length > 0).length;
    return { result: count > 0 ? "ok" : "open", count };
  } catch {
    return { result: "bad", count: 0 }; // whatever is malformed proves nothing
  }
}

async function isCosigned(key, bytes, text) {
  if (bytes.length !== 76) return false;
  const time = new DataView(bytes.buffer, bytes.byteOffset + 4, 8).getBigUint64(0);
  const message = new TextEncoder().encode(`cosignature/v1\ntime ${time}\n${text}`);
  return verifyEd25519(key.publicKey, bytes.subarray(12), concat(message));
}
