/** The attachments: photo, audio file, document, location, sticker, contact. */
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { openSheet } from "./sheet.js";
import { language, say, suggestions } from "./words.js";

const KINDS = [
  { name: "photo", symbol: "photo", hue: 265, type: "image", accept: "image/jpeg,image/png" },
  { name: "audio_file", symbol: "sound", hue: 20, type: "audio", accept: "audio/*,.ogg,.opus,.mp3,.wav,.m4a" },
  { name: "document", symbol: "file", hue: 225, type: "document", accept: ".pdf,.doc,.docx,.xls,.xlsx,.txt" },
];

/** @param {{onFile: (type: string, file: Blob) => void, onPlace: (place: object) => void, onContact: (contact: object) => void, contacts: () => any[]}} actions */
export function openAttach({ onFile, onPlace, onContact, contacts }) {
  const tile = (symbol, hue, title, act) =>
    el("button", { type: "button", onclick: act }, el("i", { style: { "--hue": hue }, "aria-hidden": "true" }, icon(symbol)), title);
  const pick = ({ type, accept }) => {
    const input = el("input", { type: "file", accept });
    input.addEventListener("change", () => input.files[0] && onFile(type, input.files[0]));
    close();
    input.click();
  };
  const tiles = KINDS.map((kind) => tile(kind.symbol, kind.hue, say(kind.name), () => pick(kind)));
  tiles.push(
    tile("pin", 150, say("location"), () => openPlaces(onPlace)),
    tile("sticker", 330, say("sticker"), () => openStickers((sticker) => onFile("sticker", sticker))),
    tile("person", 195, say("contact"), () => openContacts(contacts(), onContact)));
  const close = openSheet(say("attach"), [el("div.kinds", {}, ...tiles)]);
}

/** Where the citizen is, or one of the towns. */
export function openPlaces(onPlace) {
  const hint = el("p.hint", { role: "alert", hidden: true }, say("no_location"));
  const done = (place) => {
    close();
    onPlace(place);
  };
  const here = () =>
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => done({ latitude: coords.latitude, longitude: coords.longitude }),
      () => { hint.hidden = false; },
      { timeout: 8000 });
  const row = (title, act) => el("button.option", { type: "button", onclick: act }, el("b", {}, title));
  const towns = suggestions.places.map(({ name, latitude, longitude }) =>
    row(name[language], () => done({ latitude, longitude, name_of_place: name[language] })));
  const close = openSheet(say("choose_place"), [
    el("div.rows", {}, row(say("current_location"), here), hint, el("h3", {}, say("places")), ...towns),
  ]);
}

/** The phones on the table are everybody's address book. */
function openContacts(contacts, onContact) {
  const rows = contacts.map(({ name, phone }) =>
    el("button.option", { type: "button", onclick: () => { close(); onContact({ contact_name: name, contact_phone: phone }); } },
      el("b", {}, name), el("small", {}, `+${phone}`)));
  const close = openSheet(say("contact"), [el("div.rows", {}, ...rows)]);
}

const SIDE_PX = 512; // Meta's size of a sticker

/** A drawing as WebP. @returns {Promise<File>} */
async function webp(picture) {
  const drawing = Object.assign(new Image(), { src: picture });
  await drawing.decode();
  const canvas = el("canvas", { width: SIDE_PX, height: SIDE_PX });
  canvas.getContext("2d").drawImage(drawing, 0, 0, SIDE_PX, SIDE_PX);
  const blob = await new Promise((done) => { canvas.toBlob(done, "image/webp"); });
  return new File([blob], "sticker.webp", { type: "image/webp" });
}

function openStickers(onSticker) {
  const choose = async (picture) => {
    close();
    onSticker(await webp(picture));
  };
  const tiles = suggestions.stickers.map(({ picture, name }) =>
    el("button", { type: "button", onclick: () => choose(picture) }, el("img", { src: picture, alt: name[language] })));
  const close = openSheet(say("sticker"), [el("div.emojis.stickers", {}, ...tiles)]);
}
