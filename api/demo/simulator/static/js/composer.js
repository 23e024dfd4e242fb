/** The line at the bottom: type, attach, or hold the microphone. */
import { openAttach } from "./attach.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { Recorder } from "./recorder.js";
import { duration, say } from "./words.js";

const HOLD_MS = 450;
const CANCEL_PX = 90;
const SHORTEST_S = 0.5;
const LEVELS = 60;

export class Composer {
  /** @param {HTMLFormElement} form @param {{onText: Function, onFile: Function, onVoice: Function, onPlace: Function, onProblem: Function}} actions */
  constructor(form, actions) {
    this.form = form;
    this.actions = actions;
    this.recorder = null;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.input = el("textarea", { rows: 1, enterkeyhint: "send", maxlength: 65536 });
    this.input.addEventListener("input", () => this.#fit());
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    this.attach = el("button.round.attach", { type: "button", onclick: () => openAttach(this.actions) }, icon("attach"));
    this.field = el("div.field", {}, this.input, this.attach);
    this.go = el("button.round.go", { type: "button" });
    this.#hold();
    form.replaceChildren(this.field, this.go);
    this.draw();
  }

  /** Words in the present language. The line itself stays: who is typing keeps the cursor. */
  draw() {
    this.input.placeholder = say("type_message");
    this.input.setAttribute("aria-label", say("type_message"));
    this.attach.setAttribute("aria-label", say("attach"));
    this.#fit();
  }

  #fit() {
    this.input.style.height = "48px";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 140)}px`;
    const sends = this.recorder || this.input.value.trim();
    this.go.replaceChildren(icon(sends ? "send" : "mic"));
    this.go.setAttribute("aria-label", say(sends ? "send" : "record"));
  }

  #submit() {
    const text = this.input.value.trim();
    if (this.recorder) return this.#finish(true);
    if (!text) return undefined;
    this.input.value = "";
    this.#fit();
    return this.actions.onText(text);
  }

  /** Held: records until let go, slid aside: discarded. Pressed once or by key: until sent. */
  #hold() {
    let pressed = null;
    this.go.addEventListener("pointerdown", (event) => {
      if (this.recorder || this.input.value.trim() || event.button !== 0) return;
      pressed = { at: performance.now(), x: event.clientX };
      this.go.setPointerCapture(event.pointerId);
      this.#begin();
    });
    this.go.addEventListener("pointerup", (event) => {
      if (!pressed) return;
      const held = performance.now() - pressed.at > HOLD_MS;
      const aside = Math.abs(event.clientX - pressed.x) > CANCEL_PX;
      if (held) this.#finish(!aside);
      setTimeout(() => { pressed = null; });
    });
    this.go.addEventListener("pointercancel", () => { pressed = null; });
    this.go.addEventListener("click", () => {
      if (pressed) return;
      if (this.recorder || this.input.value.trim()) this.#submit();
      else this.#begin();
    });
  }

  async #begin() {
    const time = el("time", {}, "0:00");
    const levels = el("span.levels", { "aria-hidden": "true" });
    const recorder = new Recorder((level, seconds) => {
      time.textContent = duration(Math.floor(seconds));
      levels.append(el("i", { style: { "--h": level } }));
      if (levels.children.length > LEVELS) levels.firstChild.remove();
    });
    this.recorder = recorder;
    try {
      this.started = recorder.start();
      await this.started;
    } catch {
      this.recorder = null;
      this.actions.onProblem(say("no_microphone"));
      return;
    }
    if (this.recorder !== recorder) return;
    const discard = el("button.round", { type: "button", "aria-label": say("discard"), onclick: () => this.#finish(false) }, icon("trash", 21));
    this.field.replaceWith(this.panel = el("div.recording", { role: "status", "aria-label": say("recording") }, discard, el("span.dot"), time, levels));
    this.go.classList.add("live");
    this.#fit();
  }

  async #finish(keep) {
    const recorder = this.recorder;
    if (!recorder) return;
    this.recorder = null;
    try {
      await this.started;
    } catch {
      return;
    }
    const long = recorder.seconds >= SHORTEST_S;
    const sound = await recorder.stop();
    this.go.classList.remove("live");
    this.panel?.replaceWith(this.field);
    this.panel = null;
    this.#fit();
    if (keep && long) this.actions.onVoice(sound);
  }
}
