/** One message as a bubble, with its options below. */
import { el } from "./dom.js";
import { icon, ticks } from "./icons.js";
import { parts, preview } from "./parts.js";
import { clock, languageOf, say } from "./words.js";

const isMine = (message) => message.direction === "in";
const isSms = (message) => message.direction === "sms";

/** Who says it: the citizen, the bot, or the sender of an SMS. */
const speaker = (message) => isSms(message) ? `SMS, ${message.sender}` : say(isMine(message) ? "you" : "bot_name");

function tickMark(state) {
  return el("span.ticks", { role: "img", "data-state": state, "aria-label": say(`state_${state}`) }, ticks(state));
}

function quote(quoted) {
  return el("span.quote", {},
    el("b", {}, speaker(quoted)),
    el("span", {}, preview(quoted)));
}

/** Reply buttons, the button that opens a list, or a link. */
function options(message, { chosen, onTap, onList, onPlace }) {
  const body = message.content.interactive;
  if (message.content.type !== "interactive" || isMine(message)) return null;
  const button = (name, title, act, picked = false) =>
    el("button", { type: "button", class: picked ? "chosen" : null, onclick: act, "aria-label": picked ? `${title}, ${say("chosen")}` : null },
      icon(picked ? "check" : name, 19), title);
  if (body.type === "button") {
    return el("div.replies", { role: "group", "aria-label": say("choose_one") },
      ...body.action.buttons.map(({ reply }) =>
        button("reply", reply.title, () => onTap("button", reply, message), chosen.has(reply.id))));
  }
  if (body.type === "list") {
    return el("div.replies", {}, button("list", body.action.button, () => onList(message)));
  }
  if (body.type === "cta_url") {
    const { url, display_text: title } = body.action.parameters;
    return el("div.replies", {}, el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, icon("link", 19), title));
  }
  return el("div.replies", {}, button("pin", say("choose_place"), onPlace));
}

/**
 * @param {any} message
 * @param {{first: boolean, quoted: any, chosen: Set<string>, onTap: Function, onList: Function, onPlace: Function, onReact: Function}} context
 */
export function bubble(message, context) {
  const mine = isMine(message);
  const below = options(message, context);
  const classes = ["row", mine ? "mine" : "theirs", isSms(message) && "sms", context.first && "first", below && "options", message.reaction && "reacted"];
  return el(`article.${classes.filter(Boolean).join(".")}`, { "data-id": message.id, "data-state": message.state },
    el("div.bubble", { lang: languageOf(preview(message)) },
      isSms(message) ? el("span.sms-from", {}, icon("sms", 15), speaker(message)) : el("span.quiet", {}, `${speaker(message)}: `),
      context.quoted && quote(context.quoted),
      ...parts(message),
      el("span.meta", {}, el("time", { datetime: new Date(message.timestamp * 1000).toISOString() }, clock(message.timestamp)), mine && tickMark(message.state)),
      message.state === "failed" && el("span.failed-note", {}, `${message.error?.code ?? ""} ${message.error?.title ?? say("state_failed")}`),
      message.reaction && el("span.reaction", {}, message.reaction),
      message.direction === "out" && el("button.react", { type: "button", "aria-label": say("react"), onclick: () => context.onReact(message) }, icon("smile", 19))),
    below);
}

/** Puts the new state's ticks on a bubble that is already there. */
export function showState(row, state) {
  row.dataset.state = state;
  row.querySelector(".ticks")?.replaceWith(tickMark(state));
}

export function typingBubble() {
  return el("div.row.theirs.first.typing-row", { "aria-hidden": "true" }, el("div.bubble", {}, el("div.dots", {}, el("i"), el("i"), el("i"))));
}
