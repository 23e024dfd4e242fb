/** Beside the phone: all phones, the language, what one may say, the webhook. */
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { preview } from "./parts.js";
import { clock, language, languageOf, say, suggestions } from "./words.js";

const hue = (phone) => (Number(phone.slice(-5)) * 47) % 360;
const pretty = (phone) => `+${phone.slice(0, -10)} ${phone.slice(-10, -5)} ${phone.slice(-5)}`;
/** As on a telephone: who wrote or came last is at the top. */
const latestFirst = (citizens) => [...citizens].sort((one, other) => active(other) - active(one));
const active = ({ last, since }) => last?.timestamp ?? since ?? 0;
const initial = (name) => (/\p{L}/u.test(name) ? [...new Intl.Segmenter(languageOf(name)).segment(name)][0].segment : name.slice(-2));

export class Desk {
  /** @param {HTMLElement} node @param {{onPhone: Function, onNew: Function, onLanguage: Function, onIdea: Function, onVerify: Function}} actions */
  constructor(node, actions) {
    this.node = node;
    this.actions = actions;
    this.scrim = el("div.scrim", { onclick: () => this.close() });
    node.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
  }

  /** @param {{citizens: any[], current: string, webhook: any, console: string}} state */
  draw({ citizens, current, webhook, console }) {
    const focused = this.#focused();
    this.node.replaceChildren(
      el("div.brand", {}, el("img", { src: "/static/img/seva.svg", alt: "" }), el("div", {}, el("b", {}, say("app_title")), el("p", {}, say("tagline")))),
      this.#languages(),
      el("nav", { "aria-label": say("phones") },
        el("h2", {}, say("phones")),
        el("ul.phones", {}, ...latestFirst(citizens).map((citizen) => el("li", {}, this.#phone(citizen, current)))),
        el("button.add", { type: "button", onclick: () => { this.close(); this.actions.onNew(); } }, icon("plus", 22), say("new_phone"))),
      el("section", {},
        el("h2", {}, say("try_saying")),
        el("div.ideas.column", {}, ...suggestions.keys.flatMap(({ first }) => first.map((idea) => this.#idea(idea))))),
      this.#hook(webhook, console));
    focused()?.focus();
  }

  /** Finds what has the focus, or what stands for it once all is drawn anew. */
  #focused() {
    const buttons = () => [...this.node.querySelectorAll("button")];
    const at = buttons().indexOf(document.activeElement);
    const { phone } = document.activeElement?.dataset ?? {};
    return () => (phone && at >= 0 ? this.node.querySelector(`[data-phone="${phone}"]`) : buttons()[at]);
  }

  open() {
    this.node.classList.add("open");
    document.body.append(this.scrim);
    this.node.querySelector("button")?.focus();
  }

  close() {
    if (!this.node.classList.contains("open")) return;
    this.node.classList.remove("open");
    this.scrim.remove();
    document.querySelector(".bar .menu")?.focus();
  }

  #languages() {
    const choices = Object.entries(suggestions.languages).map(([code, name]) =>
      el("button", { type: "button", role: "radio", lang: code, "aria-checked": String(code === language), onclick: () => this.actions.onLanguage(code) }, name));
    return el("div.languages", { role: "radiogroup", "aria-label": say("language") }, ...choices);
  }

  #phone(citizen, current) {
    const named = /\p{L}/u.test(citizen.name);
    const last = citizen.last;
    return el("button", { type: "button", "aria-current": String(citizen.phone === current), "data-phone": citizen.phone,
      onclick: () => { this.close(); this.actions.onPhone(citizen.phone); } },
    el("span.face", { "aria-hidden": "true", style: { "--hue": hue(citizen.phone) } }, initial(citizen.name)),
    el("b", {}, named ? citizen.name : pretty(citizen.phone)),
    el("time", {}, last ? clock(last.timestamp) : ""),
    el("small", {}, last ? preview(last) : pretty(citizen.phone)),
    citizen.unread ? el("span.count", { "aria-label": say("unread", { n: citizen.unread }) }, String(citizen.unread)) : null);
  }

  #idea(idea) {
    return el("button.chip", { type: "button", lang: languageOf(idea), onclick: () => { this.close(); this.actions.onIdea(idea); } }, idea);
  }

  #hook(webhook, console) {
    return el("div.hook", {},
      el("div.line", { "data-state": webhook.state, role: "status" },
        el("span.lamp"), el("span", {}, `${say("webhook")}: ${say(`webhook_${webhook.state}`)}`),
        webhook.state !== "verified" && el("button", { type: "button", onclick: this.actions.onVerify }, say("verify_again"))),
      el("code", {}, webhook.url),
      console && el("a", { href: console, target: "_blank", rel: "noopener" }, say("console")));
  }
}
