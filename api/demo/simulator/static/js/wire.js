/** What goes over the wire: webhooks with the bot's answer, the bot's calls, refused ones. */
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

const KEPT = 60;
const SYMBOLS = { webhook: "up", call: "arrow_down" };

function label({ what, body }) {
  if (what === "call") return body.status ? `${body.status}${body.typing_indicator ? " + typing" : ""}` : `send: ${body.interactive?.type ?? body.type}`;
  const value = body?.entry?.[0]?.changes?.[0]?.value;
  if (!value) return what;
  if (value.statuses) return `status: ${value.statuses[0].status}`;
  return `messages: ${value.messages.map((message) => message.interactive?.type ?? message.type).join(", ")}`;
}

export class Wire {
  /** @param {HTMLElement} node */
  constructor(node) {
    this.node = node;
    this.entries = [];
  }

  show(entries) {
    this.entries = entries.slice(-KEPT);
    this.draw();
  }

  draw() {
    this.rows = el("ol", {}, ...this.entries.map((entry) => this.#row(entry)).reverse());
    this.node.replaceChildren(el("h2", {}, say("wire")), el("p.note", {}, say(this.entries.length ? "wire_note" : "wire_empty")), this.rows);
  }

  add(entry) {
    const first = !this.entries.length;
    this.entries.push(entry);
    if (this.entries.length > KEPT) this.entries.shift();
    if (first) return this.draw();
    this.rows.prepend(this.#row(entry));
    if (this.rows.children.length > KEPT) this.rows.lastChild.remove();
    return undefined;
  }

  #row(entry) {
    const good = entry.status === 200;
    const facts = [
      entry.status || say("no_answer"),
      entry.code && `#${entry.code}`,
      entry.ms !== undefined && `${Math.round(entry.ms)} ms`,
      entry.attempt > 1 && say("attempt", { n: entry.attempt }),
    ];
    const summary = el("summary", {}, icon(SYMBOLS[entry.what] ?? "blocked", 15), label(entry),
      el(`span.status${good ? "" : ".bad"}`, {}, facts.filter(Boolean).join(" · ")));
    const details = el("details", {}, summary);
    details.addEventListener("toggle", () => details.append(el("pre", { tabindex: 0 }, JSON.stringify(entry.body, null, 2))), { once: true });
    return el("li", {}, details);
  }
}
