// Requests to our own server, each with a time limit and never from a cache.

/** The Response, or null where none came in time. */
export async function ask(path, seconds) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), seconds * 1000);
  try {
    const response = await fetch(path, {
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: stop.signal,
    });
    return { ok: response.ok, text: await response.text(), date: response.headers.get("date") };
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** An answer's JSON; null where it is none. */
export function json(answer) {
  if (!answer?.ok) return null;
  try {
    return JSON.parse(answer.text);
  } catch {
    return null;
  }
}
