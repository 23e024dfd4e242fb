// What a QR code or the address line leads to.

import { fromBase64url } from "./bytes.js";

const PATH = /^\/c\/([0-9a-hjkmnp-tv-z]{16})$/;

/**
 * {kind: "document", id, credential} for a code of ours; {kind: "other_site", domain};
 * {kind: "damaged"} for a cut or altered one of ours; {kind: "not_ours"} for everything else.
 */
export function readLink(text, origin, longest) {
  let url;
  try {
    url = new URL(text);
  } catch {
    return { kind: "not_ours" };
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return { kind: "not_ours" };
  if (url.origin !== origin || url.username || url.password) {
    return { kind: "other_site", domain: url.host }; // host: international names come as xn--
  }
  if (!url.pathname.startsWith("/c/")) return { kind: "not_ours" };
  const [, id] = PATH.exec(url.pathname) ?? [];
  if (!id || url.search) return { kind: "damaged" };
  try {
    const credential = fromBase64url(url.hash.slice(1));
    const fits = credential.length > 0 && credential.length <= longest;
    return fits ? { kind: "document", id, credential } : { kind: "damaged" };
  } catch {
    return { kind: "damaged" };
  }
}
