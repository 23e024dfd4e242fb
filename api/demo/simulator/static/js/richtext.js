/** WhatsApp's marks: *bold* _italic_ ~struck~ `code` ```code```, and links. */
import { el } from "./dom.js";

const LETTER = "[\\p{L}\\p{M}\\p{N}]";
const mark = (sign) => `(?<!${LETTER})${sign}(?=\\S)([^\\n]*?\\S)${sign}(?!${LETTER})`;
const RULES = [
  [/```([\s\S]+?)```/u, (match) => el("code", {}, match[1])],
  [/`([^`\n]+)`/u, (match) => el("code", {}, match[1])],
  [/https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]}'।]/u, (match) => link(match[0])],
  [new RegExp(mark("\\*"), "u"), (match) => el("strong", {}, ...pieces(match[1]))],
  [new RegExp(mark("_"), "u"), (match) => el("em", {}, ...pieces(match[1]))],
  [new RegExp(mark("~"), "u"), (match) => el("s", {}, ...pieces(match[1]))],
];

function link(url) {
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, url);
}

function pieces(text) {
  let first = null;
  for (const [pattern, make] of RULES) {
    const match = pattern.exec(text);
    if (match && (!first || match.index < first.match.index)) first = { match, make };
  }
  if (!first) return text ? [text] : [];
  const { match, make } = first;
  return [
    ...(match.index ? [text.slice(0, match.index)] : []),
    make(match),
    ...pieces(text.slice(match.index + match[0].length)),
  ];
}

/** @param {string} text */
export function richText(text) {
  const bulleted = text.replace(/^(\s*)[-*] (?=\S)/gm, "$1• ");
  return el("span.text", {}, ...pieces(bulleted));
}

/** The text without its marks, for previews. */
export function plainText(text) {
  return richText(text).textContent;
}
