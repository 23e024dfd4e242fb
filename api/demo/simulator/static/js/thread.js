/** The conversation: bubbles by day, always at the newest unless one has scrolled back. */
import { bubble, showState, typingBubble } from "./bubble.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { day, languageOf, say, suggestions } from "./words.js";

const NEAR_PX = 90;
/** A reaction stands on the message that it is about. */
const isBubble = (message) => message.content.type !== "reaction";

export class Thread {
  /** @param {HTMLElement} node @param {{onTap: Function, onList: Function, onPlace: Function, onReact: Function, onIdea: Function}} actions */
  constructor(node, actions) {
    this.node = node;
    this.actions = actions;
    this.messages = [];
    this.typing = null;
    this.newest = el("button.newest", { type: "button", hidden: true, onclick: () => this.toEnd() }, icon("down"));
    node.addEventListener("scroll", () => this.#showNewest(), { passive: true });
    node.addEventListener("load", () => this.stays && this.toEnd(), true); // a picture has its height now
    new ResizeObserver(() => this.stays && this.toEnd()).observe(node);
    this.stays = true;
  }

  /** Draws everything again: another phone or language. */
  draw() {
    this.newest.setAttribute("aria-label", say("newest"));
    this.node.replaceChildren();
    this.typing = null;
    if (!this.messages.length) this.node.append(this.#welcome());
    this.messages = this.messages.filter(isBubble);
    this.messages.forEach((_, at) => this.#append(at));
    this.node.append(this.newest);
    this.toEnd();
  }

  add(message) {
    if (!isBubble(message) || this.messages.some((known) => known.id === message.id)) return;
    if (!this.messages.length) this.node.querySelector(".welcome")?.remove();
    const follow = this.#isNear() || message.direction === "in";
    if (message.direction === "out") this.setTyping(false);
    this.messages.push(message);
    this.#append(this.messages.length - 1);
    this.#markChosen(message);
    if (follow) this.toEnd();
    else this.#showNewest();
  }

  setState(id, state) {
    const message = this.messages.find((known) => known.id === id);
    if (!message) return;
    message.state = state;
    const row = this.#row(id);
    if (row) showState(row, state);
  }

  /** A file or reaction arrived later: the bubble is drawn again. */
  change(id, facts) {
    const at = this.messages.findIndex((known) => known.id === id);
    if (at < 0) return;
    Object.assign(this.messages[at], facts);
    this.#row(id)?.replaceWith(this.#bubble(at));
    if (this.stays) this.toEnd();
  }

  setTyping(on) {
    this.typing?.remove();
    this.typing = on ? typingBubble() : null;
    if (!on) return;
    const near = this.#isNear();
    this.newest.before(this.typing);
    if (near) this.toEnd();
  }

  toEnd() {
    this.node.scrollTop = this.node.scrollHeight;
    this.#showNewest();
  }

  #row(id) {
    return this.node.querySelector(`[data-id="${CSS.escape(id)}"]`);
  }

  #append(at) {
    const message = this.messages[at];
    const before = this.messages[at - 1];
    const place = this.typing ?? (this.newest.parentNode ? this.newest : null);
    const put = (node) => (place ? place.before(node) : this.node.append(node));
    if (!before || day(before.timestamp) !== day(message.timestamp)) put(el("div.day", {}, day(message.timestamp)));
    put(this.#bubble(at));
  }

  #bubble(at) {
    const message = this.messages[at];
    const before = this.messages[at - 1];
    const first = !before || before.direction !== message.direction || day(before.timestamp) !== day(message.timestamp);
    const quoted = message.reply_to && this.messages.find((known) => known.id === message.reply_to);
    return bubble(message, { first, quoted, chosen: this.#chosen(message.id), ...this.actions });
  }

  #chosen(id) {
    const taps = this.messages.filter((message) => message.reply_to === id).map((message) => message.content.interactive?.button_reply?.id);
    return new Set(taps.filter(Boolean));
  }

  #markChosen(message) {
    if (message.reply_to && message.content.interactive?.button_reply) this.change(message.reply_to, {});
  }

  #isNear() {
    return this.node.scrollHeight - this.node.scrollTop - this.node.clientHeight < NEAR_PX;
  }

  #showNewest() {
    this.stays = this.#isNear();
    this.newest.hidden = this.stays;
  }

  #welcome() {
    const ideas = suggestions.keys.map(({ first: [idea] }) =>
      el("button.chip", { type: "button", lang: languageOf(idea), onclick: () => this.actions.onIdea(idea) }, idea));
    return el("div.welcome", {},
      el("img", { src: "/static/img/seva.svg", alt: "" }),
      el("h2", {}, say("empty_title")),
      el("p", {}, say("empty_text")),
      el("div.ideas", {}, ...ideas),
      el("p.note", {}, say("local_note")));
  }
}
