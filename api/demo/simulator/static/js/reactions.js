/** The emojis that a citizen puts on a message of the bot; the one that is there is taken back. */
import { el } from "./dom.js";
import { openSheet } from "./sheet.js";
import { say, suggestions } from "./words.js";

/** @param {any} message @param {(emoji: string) => void} onReact */
export function openReactions(message, onReact) {
  const choose = (emoji) => {
    close();
    onReact(emoji === message.reaction ? "" : emoji);
  };
  const close = openSheet(say("react"), [
    el("div.emojis", {}, ...suggestions.reactions.map((emoji) =>
      el("button", { type: "button", "aria-pressed": String(emoji === message.reaction), onclick: () => choose(emoji) }, emoji)))]);
}
