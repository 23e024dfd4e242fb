// Pages of a PDF as pictures: pdf.js, loaded only when a PDF is given.

import { address, load, ReaderMissing } from "./load.js";
import { scriptUrl } from "./own_url.js";

/** A canvas for each of the first pages. Throws ReaderMissing, or what pdf.js throws. */
export async function* drawPages(bytes, { pdf_pages, pdf_width }) {
  const pdfjs = await load("vendor/pdfjs/pdf.mjs");
  const port = new Worker(scriptUrl(address("vendor/pdfjs/pdf.worker.mjs")), { type: "module" });
  const failed = new Promise((_, fail) => {
    port.addEventListener("error", () => fail(new ReaderMissing("pdf.js"))); // else it waits for ever
  });
  pdfjs.GlobalWorkerOptions.workerPort = port;
  const loading = pdfjs.getDocument({ data: bytes, isEvalSupported: false, useWasm: false });
  try {
    const file = await Promise.race([loading.promise, failed]);
    for (let number = 1; number <= Math.min(pdf_pages, file.numPages); number++) {
      yield await draw(await file.getPage(number), pdf_width);
    }
  } finally {
    loading.destroy();
    port.terminate();
  }
}

async function draw(page, width) {
  const scale = width / page.getViewport({ scale: 1 }).width;
  const viewport = page.getViewport({ scale });
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, Math.min(Math.ceil(viewport.height), 4 * width)];
  await page.render({ canvas, viewport }).promise;
  return canvas;
}
