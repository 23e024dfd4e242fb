// The camera: a full-screen view that ends with the texts of QR codes, or with nothing.

import { readCodes } from "./decoder.js";
import { h } from "./dom.js";

const VIEW = { video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false };

/** Texts of the first QR codes seen; none when the reader closed the camera. Throws where there is none. */
export async function scan(words) {
  const stream = await navigator.mediaDevices.getUserMedia(VIEW);
  const video = h("video", { playsinline: "", muted: "" });
  const dialog = h(
    "dialog",
    { class: "camera", "aria-label": words.page("scan") },
    video,
    h("p", {}, words.page("hold")),
    h(
      "button",
      { type: "button", class: "large", click: () => dialog.close() },
      words.page("close"),
    ),
  );
  document.body.append(dialog);
  try {
    dialog.showModal();
    video.srcObject = stream;
    await video.play();
    return await watch(video, dialog, words.data.settings.camera_pause_ms);
  } finally {
    for (const track of stream.getTracks()) track.stop();
    dialog.remove();
  }
}

async function watch(video, dialog, pause) {
  const canvas = document.createElement("canvas");
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  while (dialog.open) {
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    if (canvas.width > 0) {
      brush.drawImage(video, 0, 0);
      const found = await readCodes(brush.getImageData(0, 0, canvas.width, canvas.height));
      if (found.length > 0) return found;
    }
    await new Promise((done) => setTimeout(done, pause));
  }
  return [];
}
