/** The page's own words, from words.json, in the language of the phone. */

let words = {};
export let language = "te";
export let suggestions = { languages: {}, keys: [], places: [], stickers: [], reactions: [] };

export async function loadWords() {
  const [all, ideas] = await Promise.all(
    ["words", "suggestions"].map((name) => fetch(`/static/${name}.json`).then((answer) => answer.json())),
  );
  words = all;
  suggestions = ideas;
}

/** @param {string} name @param {Record<string, string|number>} [fields] */
export function say(name, fields = {}) {
  const text = words[name]?.[language] ?? name;
  return text.replace(/\{(\w+)\}/g, (_, field) => fields[field] ?? "");
}

export function speak(code) {
  language = code;
  document.documentElement.lang = code;
  document.title = say("app_title");
  for (const node of document.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", say(node.dataset.label));
  }
}

/** The language of a text by its script, for fonts and screen readers. */
export function languageOf(text) {
  if (/[\u0C00-\u0C7F]/.test(text)) return "te";
  if (/[\u0900-\u097F]/.test(text)) return "hi";
  return "en";
}

const locale = () => `${language}-IN`;

/** @param {number} seconds epoch */
export function clock(seconds) {
  return new Intl.DateTimeFormat("en-IN", { hour: "numeric", minute: "2-digit", hour12: true }).format(seconds * 1000);
}

/** @param {number} seconds epoch */
export function day(seconds) {
  const date = new Date(seconds * 1000);
  const midnight = new Date().setHours(0, 0, 0, 0);
  if (date >= midnight) return say("today");
  if (date >= midnight - 86400000) return say("yesterday");
  return new Intl.DateTimeFormat(locale(), { day: "numeric", month: "long", year: "numeric" }).format(date);
}

/** @param {number} seconds */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(Number.isFinite(seconds) ? seconds : 0));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1048576 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}
