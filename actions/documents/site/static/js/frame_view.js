// What surrounds a result: languages at the top, ways to begin, domain and keys at the bottom.

import { h } from "./dom.js";

export function languageSwitch(words, onChoose) {
  return h(
    "nav",
    { "aria-label": words.page("language") },
    ...words.data.languages.map(({ tag, name }) =>
      h(
        "button",
        {
          type: "button",
          lang: tag,
          "aria-pressed": String(tag === words.language),
          click: () => onChoose(tag),
        },
        name,
      ),
    ),
  );
}

/** Two large buttons: camera, picture. `title` says what they are for. */
export function startView(words, { onScan, onFile }, first) {
  const input = h("input", {
    type: "file",
    accept: "image/*,application/pdf",
    class: "away",
    tabindex: "-1",
    "aria-hidden": "true",
    change: () => input.files.length && onFile(input.files[0]),
  });
  return h(
    "section",
    { class: first ? "start" : "start card" },
    first ? h("h1", { tabindex: "-1" }, words.page("home_title")) : h("h2", {}, words.page("another")),
    first ? h("p", {}, words.page("home_text")) : null,
    h("button", { type: "button", class: "large", click: onScan }, words.page("scan")),
    h(
      "button",
      { type: "button", class: "large plain", click: () => input.click() },
      words.page("choose"),
    ),
    input,
  );
}

/** Domain to look for, age of the keys, what leaves the phone. */
export function footView(words, keyring, domain) {
  const minutes = words.data.settings.clock_minutes;
  return h(
    "footer",
    {},
    h("p", {}, words.page("right_site"), " ", h("strong", { class: "domain" }, domain)),
    h("p", {}, words.page("right_site_hint")),
    keyring?.clockWrong(minutes) ? h("p", { class: "compare" }, words.page("clock")) : null,
    h(
      "p",
      { "data-keys": keyring === null ? "none" : keyring.age() },
      keyring === null ? words.page("keys_none") : words.page("keys_age", { date: keyring.at }),
    ),
    h("p", {}, words.page("private")),
  );
}
