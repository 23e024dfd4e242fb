// The judgement: from a link to one of the states of words.yml, and what was checked on the way.

import { MalformedCbor } from "./cbor.js";
import { readClaims } from "./claims.js";
import { openSign1 } from "./cose.js";
import { verifyEd25519 } from "./ed25519.js";

export const CHECKS = ["address", "signature", "key", "dates", "status", "log"];

/** {state, checks: {name: "ok" | "bad" | "open"}, claims, facts for the words}. */
function verdict(state, checks, more = {}) {
  const open = Object.fromEntries(CHECKS.map((name) => [name, "open"]));
  return { state, checks: { ...open, ...checks }, claims: null, facts: {}, ...more };
}

/** The verdict on a code that is no document of ours; `right` is the domain to look for. */
export function judgeLink(link, right) {
  const bad = link.kind === "other_site" || link.kind === "not_ours";
  const facts = { domain: link.domain, right };
  return verdict(link.kind, { address: bad ? "bad" : "open" }, { facts });
}

/** The verdict where nothing could be looked at. */
export const judgeNothing = (state) => verdict(state, {});

/** What the signature, the key and the dates say, with no internet. State `signed_only` means all are right. */
export async function judgeCredential({ id, credential }, keyring, settings) {
  const checks = { address: "ok" };
  let message, claims;
  try {
    message = openSign1(credential);
    claims = readClaims(message.payload, settings);
  } catch (error) {
    if (error instanceof MalformedCbor) return verdict("damaged", checks);
    throw error;
  }
  if (keyring === null) return verdict("no_keys", checks);
  const key = keyring.find(message.keyId);
  if (key === null) return judgeStranger(keyring, settings, checks);
  if (!(await verifyEd25519(key.raw, message.signature, message.signed)) || claims.id !== id) {
    return verdict("forged", { ...checks, signature: "bad" });
  }
  checks.signature = "ok";
  const wrong = wrongKey(key, claims);
  if (wrong) return verdict(wrong.state, { ...checks, key: "bad" }, { facts: wrong });
  checks.key = "ok";
  return judgeTime(claims, keyring, settings, checks);
}

/** A key that is not in the list: one of no office, or one newer than the list. */
function judgeStranger(keyring, settings, checks) {
  const maybeNew = !keyring.fresh && keyring.age() >= settings.published_ahead_days;
  if (maybeNew) return verdict("seal_unknown", checks, { facts: { days: keyring.age() } });
  return verdict("unknown_issuer", { ...checks, key: "bad" });
}

/** A withdrawn key is refused for every date: a thief writes any date. */
function wrongKey(key, { department, issued }) {
  if (key.department !== department) return { state: "unknown_issuer" };
  if (key.withdrawn_at !== null) return { state: "key_withdrawn", date: key.withdrawn_at };
  const inForce = key.not_before <= issued && issued <= key.not_after;
  return inForce ? null : { state: "key_not_in_force", date: issued };
}

function judgeTime(claims, keyring, settings, checks) {
  if (claims.expires !== null && keyring.now() > claims.expires) {
    const facts = { date: claims.expires };
    return verdict("run_out", { ...checks, dates: "bad" }, { claims, facts });
  }
  const facts = { days: keyring.age(), limit: settings.keys_good_days };
  if (facts.days > facts.limit) return verdict("keys_old", { ...checks, key: "open" }, { claims, facts });
  return verdict("signed_only", { ...checks, dates: "ok" }, { claims });
}

/** Whether the office's answer can change this verdict. */
export const isOpen = ({ state }) => ["signed_only", "run_out", "keys_old"].includes(state);

/**
 * The verdict with what the office said today; `status` null: no answer. `seen`: what `seenBy` says
 * of the register's witnesses, null where none is known. Without their signatures a document is valid.
 */
export function judgeStatus(offline, status, seen = null) {
  if (status === null) return offline;
  const logged = status.logged === null ? "open" : status.logged ? "ok" : "bad";
  const checks = { ...offline.checks, status: status.state === "valid" ? "ok" : "bad", log: logged };
  if (seen !== null && status.logged) checks.witnesses = seen.result;
  const { claims } = offline;
  const witnesses = seen?.count;
  const facts = { date: status.changedAt, reason: status.reason, id: status.replacedBy, witnesses };
  if (status.state === "unknown") return verdict("not_recorded", { ...checks, log: "open" });
  if (status.state !== "valid") return verdict(status.state, checks, { claims, facts });
  if (status.logged === false || checks.witnesses === "bad") return verdict("log_wrong", checks);
  if (offline.state !== "signed_only") return { ...offline, checks, facts: { ...offline.facts, witnesses } };
  return verdict(status.logged ? "valid" : "register_open", checks, { claims, facts });
}
