// QR codes in pixels: zxing-cpp as WebAssembly, loaded at the first picture.

let loaded = null;

async function load() {
  const zxing = await import("../vendor/zxing/reader/index.js");
  const overrides = {
    locateFile: (name) => new URL(`../vendor/zxing/${name}`, import.meta.url).href,
  };
  await zxing.prepareZXingModule({ overrides, fireImmediately: true });
  return zxing;
}

/** Texts of the QR codes in an ImageData; `hard`: take time for it. Throws where the reader cannot load. */
export async function readCodes(pixels, hard) {
  loaded ??= load();
  const zxing = await loaded.catch((error) => {
    loaded = null; // the next picture tries again
    throw error;
  });
  const options = {
    formats: ["QRCode"],
    tryHarder: hard,
    tryRotate: hard,
    tryInvert: false,
    tryDownscale: hard,
    maxNumberOfSymbols: 8,
  };
  const found = await zxing.readBarcodes(pixels, options);
  return found.filter((code) => code.isValid).map((code) => code.text);
}
