/** What stands inside a bubble, by the type of the message. */
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { voicePlayer } from "./player.js";
import { plainText, richText } from "./richtext.js";
import { say, size } from "./words.js";

const fileUrl = (message) => (message.media ? `/chat/media/${message.media.id}` : null);

function documentCard(message) {
  const { filename } = message.content.document;
  const media = message.media ?? {};
  const name = filename || media.filename || say("document");
  const ending = /\.([a-z0-9]{2,4})$/i.exec(name)?.[1] ?? media.mime_type?.split("/").pop() ?? "";
  const facts = [
    media.pages ? say(media.pages === 1 ? "page" : "pages", { n: media.pages }) : null,
    media.size ? size(media.size) : null,
    ending.toUpperCase().slice(0, 4),
  ];
  return el("a.document", { href: fileUrl(message), target: "_blank", rel: "noopener" },
    el("span.quiet", {}, `${say("open_document")}: `),
    el("span.sheet-icon", { "aria-hidden": "true" }, ending.toUpperCase().slice(0, 4)),
    el("b", {}, name),
    el("small", {}, facts.filter(Boolean).join(" · ")),
    icon("open", 20));
}

function picture(message, kind) {
  const url = fileUrl(message);
  if (!url) return el("span", {}, say(kind));
  const view = kind === "video"
    ? el("video", { src: url, controls: true, preload: "metadata" })
    : el("img", { src: url, alt: message.content[kind].caption ?? say(kind), loading: "lazy" });
  return el(`span.picture${kind === "sticker" ? ".sticker" : ""}`, {}, view);
}

function place({ latitude, longitude, name, address }) {
  const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=15/${latitude}/${longitude}`;
  return el("a.place", { href: map, target: "_blank", rel: "noopener noreferrer" },
    el("span.map", { "aria-hidden": "true" }, icon("pin")),
    el("b", {}, name || say("location")),
    el("small", {}, address || `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`));
}

function contact({ name, phones }) {
  return el("span.contact", {},
    el("i", { "aria-hidden": "true" }, icon("person", 22)),
    el("b", {}, name?.formatted_name ?? ""),
    el("small", {}, phones?.[0]?.phone ?? ""));
}

function interactive(body) {
  const reply = body.button_reply ?? body.list_reply;
  if (reply) {
    const lines = [el("span.text", {}, reply.title)];
    if (reply.description) lines.push(el("span.foot", {}, reply.description));
    return lines;
  }
  return [
    body.header?.text && el("span.title", {}, body.header.text),
    richText(body.body?.text ?? ""),
    body.footer?.text && el("span.foot", {}, body.footer.text),
  ];
}

/** @returns {(Node|false|undefined)[]} */
export function parts(message) {
  const { type } = message.content;
  const body = message.content[type] ?? {};
  const caption = body.caption ? richText(body.caption) : null;
  switch (type) {
    case "text": return [richText(body.body)];
    case "template": return [richText(message.text ?? body.name)];
    case "interactive": return interactive(body);
    case "document": return [documentCard(message), caption];
    case "audio": return [message.media ? voicePlayer(fileUrl(message)) : el("span", {}, say("voice_message"))];
    case "image": case "video": case "sticker": return [picture(message, type), caption];
    case "location": return [place(body)];
    case "contacts": return body.map(contact);
    default: return [el("em", {}, say("unsupported"))];
  }
}

/** One line that stands for a message in lists and quotes. */
export function preview(message) {
  const { type } = message.content;
  const body = message.content[type] ?? {};
  if (type === "text") return plainText(body.body);
  if (type === "template") return message.text ?? body.name;
  if (type === "interactive") return plainText(body.button_reply?.title ?? body.list_reply?.title ?? body.body?.text ?? "");
  if (type === "document") return body.filename || say("document");
  if (type === "audio") return say("voice_message");
  if (type === "contacts") return body[0]?.name?.formatted_name ?? say("contact");
  if (["image", "video", "location", "sticker"].includes(type)) return body.caption || body.name || say(type);
  return body.emoji ?? say("unsupported");
}
