// Pages of a PDF as pictures: pdf.js, loaded only when a PDF is given.

import { scriptUrl } from "./own_url.js";

/** A canvas for each of the first pages. */
export async function* drawPages(bytes, { pdf_pages, pdf_width }) {
  const pdfjs = await import("../vendor/pdfjs/pdf.mjs");
  const address = new URL("../vendor/pdfjs/pdf.worker.mjs", import.meta.url).href;
  const port = new Worker(scriptUrl(address), { type: "module" });
  pdfjs.GlobalWorkerOptions.workerPort = port;
  const loading = pdfjs.getDocument({ data: bytes, isEvalSupported: false, useWasm: false });
  try {
    const file = await loading.promise;
    for (let number = 1; number <= Math.min(pdf_pages, file.numPages); number++) {
      yield await draw(await file.getPage(number), pdf_width);
    }
  } finally {
    await loading.destroy();
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
