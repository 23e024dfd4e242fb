// A verdict on the screen: first what it is, then whose, then what was checked.

import { h, icon } from "./dom.js";
import { plain } from "./plain.js";
import { CHECKS } from "./verdict.js";
import { grouped } from "./words.js";

const MARKS = { ok: "good", bad: "bad", open: "open" };

/** The elements of a result, top to bottom. */
export function resultView(words, verdict) {
  const state = words.data.words.states[verdict.state];
  const shown = state.fields && verdict.claims !== null;
  return [
    band(words, verdict, state),
    shown ? contents(words, verdict.claims, state.tone) : null,
    checked(words, verdict),
  ].filter((part) => part !== null);
}

function band(words, { state: name, facts }, state) {
  return h(
    "section",
    { class: `band ${state.tone}`, "data-state": name, role: "status" },
    h("span", { class: "mark" }, icon(state.tone)),
    h("h1", { tabindex: "-1" }, words.of(state.title)),
    h("p", {}, words.of(state.text, facts)),
  );
}

function contents(words, claims, tone) {
  const form = words.data.forms[claims.form] ?? { labels: {} };
  const title = words.of(form.title) || claims.form;
  const issuer = words.of(words.data.departments[claims.department]) || claims.department;
  return h(
    "section",
    { class: `card contents ${tone}` },
    tone === "bad" ? h("p", { class: "small" }, words.result("was_signed")) : null,
    h("h2", {}, title),
    tone === "bad" ? null : compare(words),
    h(
      "dl",
      {},
      ...claims.fields.flatMap(([name, value]) =>
        row(words.of(form.labels[name]) || name, value, "value"),
      ),
      ...row(words.result("issuer"), issuer),
      ...row(words.result("issued"), words.date(claims.issued)),
      ...(claims.expires === null ? [] : row(words.result("until"), words.date(claims.expires))),
      ...row(words.result("number"), grouped(claims.id), "number"),
    ),
    form.note ? h("p", { class: "note" }, words.of(form.note)) : null,
  );
}

function compare(words) {
  return h(
    "p",
    { class: "compare" },
    h("strong", {}, words.result("compare_title")),
    h("span", {}, words.result("compare")),
  );
}

function row(label, value, kind = "") {
  return [h("dt", {}, label), h("dd", { class: kind }, h("bdi", {}, plain(value)))];
}

function checked(words, { checks, facts }) {
  const { checks: usual, witnesses } = words.data.words;
  const texts = { ...usual, witnesses };
  return h(
    "section",
    { class: "card checks" },
    h("h2", {}, words.result("checked")),
    h(
      "ul",
      {},
      ...[...CHECKS, "witnesses"].filter((name) => name in checks).map((name) =>
        h(
          "li",
          { class: checks[name], "data-check": name, "data-result": checks[name] },
          h("span", { class: "mark" }, icon(MARKS[checks[name]])),
          h(
            "span",
            {},
            h("strong", {}, words.of(texts[name].title)),
            h("span", { class: "verdict" }, words.result(checks[name])),
            h("span", { class: "why" }, words.of(texts[name][checks[name]], facts)),
          ),
        ),
      ),
    ),
  );
}
