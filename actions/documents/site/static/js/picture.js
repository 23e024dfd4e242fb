// A picture or a PDF that somebody chose: the texts of the QR codes in it.

import { readCodes } from "./decoder.js";
import { ReaderMissing } from "./load.js";
import { drawPages } from "./pdf.js";

/** Texts found; empty where there are none or the file cannot be opened. Throws ReaderMissing. */
export async function codesInFile(file, settings) {
  if (file.size > settings.picture_megabytes * 2 ** 20) return [];
  try {
    return (await isPdf(file)) ? await inPdf(file, settings) : await inPicture(file, settings);
  } catch (error) {
    if (error instanceof ReaderMissing) throw error;
    console.warn(error); // not a picture, a locked PDF
    return [];
  }
}

async function isPdf(file) {
  const start = new Uint8Array(await file.slice(0, 1024).arrayBuffer());
  return String.fromCharCode(...start).includes("%PDF-");
}

async function inPdf(file, settings) {
  for await (const canvas of drawPages(await file.arrayBuffer(), settings)) {
    const found = await readCodes(pixelsOf(canvas));
    if (found.length > 0) return found;
  }
  return [];
}

async function inPicture(file, settings) {
  const picture = await createImageBitmap(file);
  const longest = Math.max(picture.width, picture.height);
  for (const side of settings.picture_sides) {
    const scale = Math.min(1, side / longest);
    const found = await readCodes(scaled(picture, scale));
    if (found.length > 0) return found;
    if (scale === 1) break;
  }
  return [];
}

function scaled(picture, scale) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return pixelsOf(canvas);
}

const pixelsOf = (canvas) =>
  canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
