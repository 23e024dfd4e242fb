// The offices' public keys: fetched when there is internet, kept for when there is none.

import { ask, json } from "./ask.js";
import { fromBase64url, sha256, toHex } from "./bytes.js";

const KEPT = "seva.keys";
const DAY = 86400;

/** Keys that reached this phone at `at` (seconds, the server's clock); `fresh`: just now. */
class Keyring {
  constructor({ keys, witnesses, origin, at, clockOff }, fresh) {
    this.witnesses = witnesses ?? []; // verifier keys of the register's witnesses
    this.keys = new Map(keys.map((key) => [key.kid, key]));
    this.origin = origin;
    this.at = at;
    this.fresh = fresh;
    this.clockOff = clockOff;
  }

  /** Seconds since 1970. No phone's clock may go back behind what the server last said. */
  now() {
    if (this.fresh) return this.at;
    return Math.max(this.at, Math.floor(Date.now() / 1000));
  }

  /** Whole days since the keys came. */
  age() {
    return Math.floor((this.now() - this.at) / DAY);
  }

  /** Whether the phone's clock is wrong by more than these minutes. */
  clockWrong(minutes) {
    if (this.fresh) return Math.abs(this.clockOff) > minutes * 60;
    return Date.now() / 1000 < this.at - minutes * 60;
  }

  find(keyId) {
    return this.keys.get(toHex(keyId)) ?? null;
  }
}

/** The newest key ring to be had: null where there was never one. */
export async function currentKeyring(seconds) {
  const answer = await ask("/keys.json", seconds);
  const set = await read(json(answer));
  if (set === null) return keptKeyring();
  const device = Math.floor(Date.now() / 1000);
  const server = Math.floor(Date.parse(answer.date) / 1000) || device;
  const facts = { ...set, at: server, clockOff: device - server };
  keep({ ...facts, keys: set.keys.map((key) => ({ ...key, raw: [...key.raw] })) });
  return new Keyring(facts, true);
}

/** The key ring of an earlier visit, or null. */
export function keptKeyring() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT));
    if (kept === null) return null;
    const keys = kept.keys.map((key) => ({ ...key, raw: Uint8Array.from(key.raw) }));
    return new Keyring({ ...kept, keys }, false);
  } catch {
    return null;
  }
}

function keep(facts) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(facts));
  } catch {
    // a private window may refuse: then there is no checking without internet
  }
}

/** Keys of a `keys.json`; those whose id is not the hash of the key are left out. */
async function read(published) {
  if (!Array.isArray(published?.keys)) return null;
  const keys = await Promise.all(published.keys.map(readKey));
  try {
    const { origin } = new URL(published.fetched_for);
    const witnesses = published.witnesses ?? [];
    return { keys: keys.filter((key) => key !== null), witnesses, origin };
  } catch {
    return null;
  }
}

async function readKey(published) {
  try {
    const raw = fromBase64url(published.x);
    const kid = toHex((await sha256(raw)).subarray(0, 8));
    if (raw.length !== 32 || kid !== published.kid) return null;
    const { department, not_before, not_after, withdrawn_at } = published;
    return { kid, raw, department, not_before, not_after, withdrawn_at };
  } catch {
    return null;
  }
}
