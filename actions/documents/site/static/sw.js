// Keeps the page for offices without internet. Keys, status and register are never answered from here.

const NAME = "seva-$version";
const BASE = "$base";
const SHELL = $shell;
const SHARED = "seva-shared";
const PAGE_MS = $page_ms;

addEventListener("install", (event) => {
  event.waitUntil(keepShell().then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  event.waitUntil(dropOlder().then(() => clients.claim()));
});

addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== location.origin) return;
  if (event.request.method === "POST" && url.pathname === "/share") event.respondWith(receive(event.request));
  if (event.request.method !== "GET") return;
  if (event.request.mode === "navigate" && isPage(url.pathname)) event.respondWith(page(event.request));
  else if (url.pathname.startsWith("/site/")) event.respondWith(file(event.request));
  else if (url.pathname === "/manifest.webmanifest") event.respondWith(file(event.request));
});

async function keepShell() {
  const cache = await caches.open(NAME);
  await cache.addAll(SHELL);
}

async function dropOlder() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => ![NAME, SHARED].includes(name)).map((name) => caches.delete(name)));
}

/** A shared picture stays on the phone: kept here until the page has read it (js/shared.js). */
async function receive(request) {
  const file = (await request.formData()).get("file");
  const cache = await caches.open(SHARED);
  if (file) await cache.put("/shared", new Response(file));
  return Response.redirect("/?shared", 303);
}

const isPage = (path) => path === "/" || /^\/c\/[^/]+$$/.test(path);

/** The newest page where the network gives it in time, else the kept one. */
async function page(request) {
  const kept = caches.open(NAME).then((cache) => cache.match("/"));
  const fresh = fetch(request).then((answer) => (answer.status >= 500 ? kept : answer));
  const late = new Promise((done) => setTimeout(() => done(kept), PAGE_MS));
  try {
    return (await Promise.race([fresh, late])) ?? (await fresh);
  } catch {
    return (await kept) ?? Response.error();
  }
}

/** Files never change under their address: kept at the first request. */
async function file(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && new URL(request.url).pathname.startsWith(BASE)) {
    const cache = await caches.open(NAME);
    await cache.put(request, answer.clone());
  }
  return answer;
}
