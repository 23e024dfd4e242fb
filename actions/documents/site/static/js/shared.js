// Pictures that another app, WhatsApp say, hands to the installed page ("Share"): the service worker
// keeps the file for a moment, and it is gone once it is read.

const CACHE = "seva-shared";

export const isShared = () => location.pathname === "/" && location.search === "?shared";

/** The file, or null; it is forgotten. */
export async function takeShared() {
  const cache = await caches.open(CACHE);
  const kept = await cache.match("/shared");
  await caches.delete(CACHE);
  return kept ? kept.blob() : null;
}
