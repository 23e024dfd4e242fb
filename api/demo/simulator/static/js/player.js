/** Plays a voice message; its waveform comes from the sound itself. */
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { duration, say } from "./words.js";

const BARS = 36;
let playing = null;

async function peaks(url) {
  const context = new OfflineAudioContext(1, 1, 8000);
  const sound = await context.decodeAudioData(await (await fetch(url)).arrayBuffer());
  const samples = sound.getChannelData(0);
  const step = Math.max(1, Math.floor(samples.length / BARS));
  const heights = Array.from({ length: BARS }, (_, bar) => {
    let sum = 0;
    for (let at = bar * step; at < (bar + 1) * step && at < samples.length; at += 1) sum += samples[at] ** 2;
    return Math.sqrt(sum / step);
  });
  const top = Math.max(...heights, 0.001);
  return { heights: heights.map((height) => height / top), seconds: sound.duration };
}

/** @param {string} url */
export function voicePlayer(url) {
  const audio = new Audio(url);
  audio.preload = "metadata";
  let seconds = 0;
  const bars = Array.from({ length: BARS }, (_, bar) => el("i", { style: { "--h": 0.15 + 0.1 * Math.abs(Math.sin(bar * 1.7)) } }));
  const length = el("span.length", {}, "0:00");
  const slider = el("input", { type: "range", min: 0, max: 100, value: 0, "aria-label": say("position") });
  const button = el("button.play", { type: "button", "aria-label": say("play") }, icon("play"));

  const total = () => (Number.isFinite(audio.duration) && audio.duration > 0 ? audio.duration : seconds);
  const show = () => {
    const part = total() ? audio.currentTime / total() : 0;
    bars.forEach((bar, at) => bar.classList.toggle("heard", at / BARS < part));
    slider.value = part * 100;
    length.textContent = duration(audio.paused && !audio.currentTime ? total() : audio.currentTime);
  };
  const face = (name) => {
    button.replaceChildren(icon(name));
    button.setAttribute("aria-label", say(name));
  };
  button.addEventListener("click", () => {
    if (!audio.paused) return audio.pause();
    if (playing && playing !== audio) playing.pause();
    playing = audio;
    return audio.play().catch(() => face("play"));
  });
  slider.addEventListener("input", () => {
    audio.currentTime = (slider.value / 100) * total();
  });
  audio.addEventListener("play", () => face("pause"));
  audio.addEventListener("pause", () => face("play"));
  audio.addEventListener("ended", () => {
    audio.currentTime = 0;
    show();
  });
  for (const event of ["timeupdate", "loadedmetadata", "seeked"]) audio.addEventListener(event, show);
  peaks(url).then((sound) => {
    seconds = sound.seconds;
    bars.forEach((bar, at) => bar.style.setProperty("--h", sound.heights[at]));
    show();
  }, () => {});

  return el("div.voice", { role: "group", "aria-label": say("voice_message") },
    button,
    el("div.wave", {}, el("div.bars", { "aria-hidden": "true" }, ...bars), slider),
    el("span.mic", {}, icon("mic", 19)),
    length);
}
