/** Puts the page together: state, live events, actions. */
import * as api from "./api.js";
import { openPlaces } from "./attach.js";
import { Composer } from "./composer.js";
import { Desk } from "./desk.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { listen } from "./live.js";
import { openReactions } from "./reactions.js";
import { openList } from "./sheet.js";
import { Thread } from "./thread.js";
import { Wire } from "./wire.js";
import { loadWords, say, speak } from "./words.js";

const find = (id) => document.getElementById(id);
const saved = {
  get phone() { return localStorage.getItem("seva.phone"); },
  set phone(value) { localStorage.setItem("seva.phone", value); },
  language: (phone) => localStorage.getItem(`seva.language.${phone}`),
  setLanguage: (phone, code) => localStorage.setItem(`seva.language.${phone}`, code),
};
const state = { citizens: [], current: "", webhook: { state: "waiting", url: "" }, console: "", online: true };
let typingTimer = 0;
let readTimer = 0;
/** Events that come while a history is loading wait here, so that none is drawn over. */
let held = null;

const guard = (work) => work.catch((error) => notice(say("send_failed", { reason: error.message })));
const send = (message) => guard(api.send(state.current, message));
const place = (spot) => send({ type: "location", ...spot });

const thread = new Thread(find("thread"), {
  onTap: (type, reply, message) => send({ type, option: reply.id, title: reply.title, message: message.id }),
  onList: (message) => openList(message, (row) => send({ type: "list", option: row.id, title: row.title, message: message.id })),
  onPlace: () => openPlaces(place),
  onReact: (message) => openReactions(message, (emoji) => send({ type: "reaction", message: message.id, emoji })),
  onIdea: (text) => send({ type: "text", text }),
});
const desk = new Desk(find("desk"), {
  onPhone: (phone) => guard(choose(phone)),
  onNew: () => guard(api.addCitizen(document.documentElement.lang).then(async (citizen) => {
    addCitizen(citizen);
    await choose(citizen.phone);
  })),
  onLanguage: (code) => {
    saved.setLanguage(state.current, code);
    draw();
  },
  onIdea: (text) => send({ type: "text", text }),
  onVerify: () => guard(api.verifyAgain()),
});
const wire = new Wire(find("wire"));
let composer = null;

function notice(text) {
  const node = find("notice");
  node.textContent = text;
  node.hidden = false;
  setTimeout(() => { node.hidden = true; }, 6000);
}

function drawBar(typing = false) {
  const now = !state.online ? "reconnecting" : typing ? "typing" : state.webhook.state === "verified" ? "online" : "offline";
  find("bar").replaceChildren(
    el("button.round.menu", { type: "button", "aria-label": say("menu"), onclick: () => desk.open() }, icon("menu")),
    el("img.face", { src: "/static/img/seva.svg", alt: "" }),
    el("div.who", {},
      el("h1.name", {}, say("bot_name"), el("span", { role: "img", "aria-label": say("verified_business") }, icon("badge", 18))),
      el(`span.now${typing ? ".typing" : ""}`, { role: "status" }, say(now))));
}

function draw() {
  const citizen = state.citizens.find(({ phone }) => phone === state.current);
  speak(saved.language(state.current) ?? citizen?.language ?? "te");
  drawBar();
  desk.draw(state);
  wire.draw();
  thread.draw();
  composer?.draw();
}

async function choose(phone) {
  state.current = phone;
  saved.phone = phone;
  setTyping(0);
  const citizen = state.citizens.find((known) => known.phone === phone);
  if (citizen) citizen.unread = 0;
  held ??= [];
  try {
    const { messages } = await api.loadMessages(phone);
    if (state.current !== phone) return;
    thread.messages = messages;
    draw();
  } finally {
    if (state.current === phone) release();
  }
  readSoon();
}

function release() {
  const events = held ?? [];
  held = null;
  events.forEach((event) => onEvent(...event));
}

function addCitizen(citizen) {
  const known = state.citizens.find(({ phone }) => phone === citizen.phone);
  if (known) Object.assign(known, citizen);
  else state.citizens.push({ unread: 0, ...citizen });
  desk.draw(state);
}

function setTyping(seconds) {
  clearTimeout(typingTimer);
  thread.setTyping(seconds > 0);
  drawBar(seconds > 0);
  if (seconds > 0) typingTimer = setTimeout(() => setTyping(0), seconds * 1000);
}

/** Tells the simulator that the open chat is seen, once it is. */
function readSoon() {
  clearTimeout(readTimer);
  if (document.visibilityState !== "visible") return;
  readTimer = setTimeout(() => api.markRead(state.current).catch(() => {}), 150);
}

function onMessage(message) {
  if (message.citizen === state.current) {
    if (message.direction === "out") setTyping(0);
    thread.add(message);
  }
  const citizen = state.citizens.find(({ phone }) => phone === message.citizen);
  if (!citizen) return addCitizen({ phone: message.citizen, name: `+${message.citizen}`, language: "te", last: message });
  citizen.last = message;
  if (message.citizen !== state.current && message.direction !== "in") citizen.unread = (citizen.unread ?? 0) + 1;
  return desk.draw(state);
}

function onEvent(kind, citizen, data) {
  if (held) {
    held.push([kind, citizen, data]);
    return;
  }
  const here = citizen === state.current;
  if (kind === "reset") guard(start());
  else if (kind === "message") onMessage(data);
  else if (kind === "citizen") addCitizen(data);
  else if (kind === "wire") wire.add(data);
  else if (kind === "webhook") {
    state.webhook = data;
    desk.draw(state);
    drawBar();
  } else if (!here) return;
  else if (kind === "state") {
    thread.setState(data.id, data.state);
    if (data.state === "delivered") readSoon();
  } else if (kind === "typing") setTyping(data.seconds);
  else if (kind === "reaction") thread.change(data.id, { reaction: data.emoji });
  else if (kind === "media") thread.change(data.id, { media: data.media });
}

/** Loads everything; also after the simulator was restarted or reset. */
async function start() {
  const { citizens, webhook, console, wire: entries, cursor } = await api.loadState();
  Object.assign(state, { citizens, webhook, console });
  wire.show(entries);
  const known = citizens.some(({ phone }) => phone === saved.phone);
  await choose(known ? saved.phone : citizens[0].phone);
  return cursor;
}

await loadWords();
const cursor = await start();
composer = new Composer(find("composer"), {
  onText: (text) => send({ type: "text", text }),
  onFile: (type, file) => guard(api.sendFile(state.current, type, file)),
  onVoice: (sound) => guard(api.sendFile(state.current, "audio", sound, { recorded: true })),
  onPlace: place,
  onContact: (contact) => send({ type: "contacts", ...contact }),
  contacts: () => state.citizens.filter(({ phone }) => phone !== state.current),
  onProblem: notice,
});
listen(cursor, onEvent, (online) => {
  state.online = online;
  drawBar();
});
document.addEventListener("visibilitychange", readSoon);
document.body.dataset.ready = "true";
