// What the office says today: the state of a document and its proof from the public register.

import { ask, json } from "./ask.js";
import { fromHex, same, sha256 } from "./bytes.js";
import { openCheckpoint, readVerifierKey } from "./checkpoint.js";
import { rootFromProof } from "./merkle.js";

const STATES = ["valid", "revoked", "replaced", "unknown"];

/**
 * {state, changedAt, reason, replacedBy, logged, checkpoint}; null where the office gave no proper
 * answer. `logged` is whether the register proves the document; null where it could not be asked.
 */
export async function askStatus(id, credential, seconds) {
  const [answer, keyLine] = await Promise.all([
    ask(`/c/${id}/status`, seconds),
    ask("/log/key", seconds),
  ]);
  const status = json(answer);
  if (status?.id !== id || !STATES.includes(status.state)) return null;
  return {
    state: status.state,
    changedAt: status.changed_at,
    reason: status.reason,
    replacedBy: status.replaced_by,
    checkpoint: status.log?.checkpoint ?? "",
    logged: status.log && keyLine?.ok ? await isLogged(status.log, credential, keyLine.text) : null,
  };
}

/** Whether the register proves that it holds this credential. */
async function isLogged(log, credential, keyLine) {
  try {
    const key = await readVerifierKey(keyLine);
    const checkpoint = await openCheckpoint(log.checkpoint, key);
    if (checkpoint === null || checkpoint.size !== log.size) return false;
    const data = await sha256(fromHex(log.salt), await sha256(credential));
    const root = await rootFromProof(data, log.index, log.size, log.proof.map(fromHex));
    return root !== null && same(root, checkpoint.root);
  } catch {
    return false; // whatever is malformed proves nothing
  }
}
