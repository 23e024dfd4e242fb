// The page: shows the verdict on the document in its address, or offers to scan one.

import { scan } from "./camera.js";
import { h } from "./dom.js";
import { footView, languageSwitch, startView } from "./frame_view.js";
import { currentKeyring, keptKeyring } from "./keyring.js";
import { readLink } from "./link.js";
import { ReaderMissing } from "./load.js";
import { scriptUrl } from "./own_url.js";
import { codesInFile } from "./picture.js";
import { resultView } from "./result_view.js";
import { isShared, takeShared } from "./shared.js";
import { askStatus } from "./status.js";
import { isOpen, judgeCredential, judgeLink, judgeNothing, judgeStatus } from "./verdict.js";
import { seenBy } from "./witnesses.js";
import { Words } from "./words.js";

class Page {
  constructor(words) {
    this.words = words;
    this.settings = words.data.settings;
    this.keyring = keptKeyring();
    this.verdict = null;
    this.notice = null;
    this.turn = 0;
  }

  /** The domain that alone counts. */
  get origin() {
    return this.keyring?.origin ?? location.origin;
  }

  get domain() {
    return new URL(this.origin).host;
  }

  /** Judges what the address holds; a later call overtakes an earlier one. */
  async open() {
    const turn = ++this.turn;
    if (!globalThis.crypto?.subtle) return this.show(judgeNothing("old_browser"));
    const text = location.href;
    const link = readLink(text, location.origin, this.settings.longest_credential);
    if (location.pathname === "/") return this.home(turn);
    const keys = currentKeyring(this.settings.answer_seconds);
    const status =
      link.kind === "document" && navigator.onLine
        ? askStatus(link.id, link.credential, this.settings.answer_seconds)
        : null;
    await this.early(link, turn);
    this.keyring = await keys;
    const verdict = await this.judge(link, await status);
    if (turn === this.turn) this.show(verdict);
  }

  /** With kept keys there is something to say before the office has answered. */
  async early(link, turn) {
    if (this.keyring === null || this.origin !== location.origin) return;
    const verdict = await this.judge(link, null);
    if (turn !== this.turn) return;
    const waiting = verdict.state === "signed_only" && navigator.onLine;
    if (waiting) this.show({ ...verdict, state: "checking" });
  }

  async judge(link, status) {
    if (this.origin !== location.origin) {
      return judgeLink({ kind: "other_site", domain: location.host }, this.domain);
    }
    if (link.kind !== "document") return judgeLink(link, this.domain);
    const offline = await judgeCredential(link, this.keyring, this.settings);
    if (!isOpen(offline)) return offline;
    const seen = status?.logged ? await seenBy(status.checkpoint, this.keyring.witnesses) : null;
    return judgeStatus(offline, status, seen);
  }

  async home(turn) {
    this.show(null);
    this.keyring = await currentKeyring(this.settings.answer_seconds);
    if (turn !== this.turn || this.verdict !== null) return;
    if (this.origin === location.origin) this.drawFoot();
    else this.show(judgeLink({ kind: "other_site", domain: location.host }, this.domain));
  }

  show(verdict) {
    this.verdict = verdict;
    this.notice = null;
    this.draw();
    scrollTo(0, 0);
    if (verdict !== null) document.querySelector("h1").focus({ preventScroll: true });
  }

  draw() {
    const { words, verdict } = this;
    document.documentElement.lang = words.language;
    const state = verdict && words.data.words.states[verdict.state];
    document.title = state ? words.of(state.title) : words.page("name");
    const start = startView(
      words,
      { onScan: () => this.scan(), onFile: (file) => this.choose(file) },
      verdict === null,
    );
    document.getElementById("page").replaceChildren(
      h(
        "header",
        {},
        h("a", { href: "/" }, words.page("name")),
        languageSwitch(words, (tag) => this.speak(tag)),
      ),
      h(
        "main",
        {},
        ...(verdict === null ? [] : resultView(words, verdict)),
        this.notice ? h("p", { class: "card notice", role: "alert" }, words.page(this.notice)) : null,
        start,
      ),
      footView(words, this.keyring, this.domain),
    );
    document.body.dataset.state = verdict?.state ?? "home";
  }

  /** What is said of the keys, and nothing else: who is on the page already keeps the focus. */
  drawFoot() {
    document.querySelector("footer").replaceWith(footView(this.words, this.keyring, this.domain));
  }

  speak(tag) {
    this.words.use(tag);
    this.draw();
    document.querySelector(`nav [lang=${tag}]`).focus();
  }

  tell(notice) {
    this.notice = notice;
    this.draw();
  }

  async scan() {
    try {
      const texts = await scan(this.words);
      if (texts.length > 0) this.take(texts);
    } catch (error) {
      console.warn(error);
      this.tell(error instanceof ReaderMissing ? "no_reader" : "no_camera");
    }
  }

  async choose(file) {
    this.tell("reading");
    try {
      this.take(await codesInFile(file, this.settings));
    } catch (error) {
      console.warn(error);
      this.tell("no_reader");
    }
  }

  /** A picture that another app shared with the installed page. */
  async receive() {
    history.replaceState(null, "", "/");
    const file = await takeShared();
    if (file !== null) await this.choose(file);
  }

  /** What a picture holds: our code goes into the address, anything else is judged as it is. */
  take(texts) {
    const longest = this.settings.longest_credential;
    const links = texts.map((text) => ({ text, ...readLink(text, this.origin, longest) }));
    const ours = links.find(({ kind }) => kind === "document") ?? links[0];
    if (ours === undefined) return this.show(judgeNothing("unreadable"));
    if (ours.kind !== "document") return this.show(judgeLink(ours, this.domain));
    if (ours.text === location.href) return this.open();
    if (this.origin !== location.origin) return location.assign(ours.text);
    history.pushState(null, "", ours.text);
    return this.open();
  }
}

async function start() {
  const answer = await fetch(new URL("../data.json", import.meta.url));
  const page = new Page(new Words(await answer.json()));
  addEventListener("popstate", () => page.open()); // also when only what follows the # changed
  addEventListener("online", () => page.open());
  await (isShared() ? page.receive() : page.open());
  await navigator.serviceWorker?.register(scriptUrl("/sw.js"));
}

start();
