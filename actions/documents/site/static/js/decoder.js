// QR codes in pixels: zxing-cpp as WebAssembly, loaded at the first picture.

import { address, load, ReaderMissing } from "./load.js";

const OPTIONS = {
  formats: ["QRCode"],
  tryHarder: true,
  tryRotate: true,
  tryDownscale: true,
  tryInvert: false,
  maxNumberOfSymbols: 8,
};
let loaded = null;

async function reader() {
  const zxing = await load("vendor/zxing/reader/index.js");
  const overrides = { locateFile: (name) => address(`vendor/zxing/${name}`) };
  try {
    await zxing.prepareZXingModule({ overrides, fireImmediately: true });
  } catch (cause) {
    zxing.purgeZXingModule();
    throw new ReaderMissing("zxing", { cause });
  }
  return zxing;
}

/** Texts of the QR codes in an ImageData. Throws ReaderMissing. */
export async function readCodes(pixels) {
  loaded ??= reader();
  const zxing = await loaded.catch((error) => {
    loaded = null; // the next picture tries again
    throw error;
  });
  const found = await zxing.readBarcodes(pixels, OPTIONS);
  return found.filter((code) => code.isValid).map((code) => code.text);
}
