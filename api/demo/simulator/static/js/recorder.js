/** Records from the microphone: what the browser gives (WebM or OGG with Opus, MP4). */

const TYPES = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"];

export class Recorder {
  /** @param {(level: number, seconds: number) => void} onLevel about 12 times a second */
  constructor(onLevel) {
    this.onLevel = onLevel;
    this.chunks = [];
  }

  /** Asks for the microphone and begins; rejects where there is none. */
  async start() {
    this.stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, noiseSuppression: true } });
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    this.media = new MediaRecorder(this.stream, { mimeType, audioBitsPerSecond: 32000 });
    this.media.addEventListener("dataavailable", ({ data }) => this.chunks.push(data));
    this.media.start();
    this.began = performance.now();
    this.context = new AudioContext();
    const meter = this.context.createAnalyser();
    meter.fftSize = 512;
    this.context.createMediaStreamSource(this.stream).connect(meter);
    const samples = new Float32Array(meter.fftSize);
    this.timer = setInterval(() => {
      meter.getFloatTimeDomainData(samples);
      const loud = Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
      this.onLevel(Math.min(1, loud * 4), this.seconds);
    }, 80);
  }

  get seconds() {
    return (performance.now() - this.began) / 1000;
  }

  /** Ends and gives the recording. @returns {Promise<Blob>} */
  async stop() {
    const ended = new Promise((resolve) => this.media.addEventListener("stop", resolve, { once: true }));
    this.media.stop();
    await ended;
    this.#release();
    return new Blob(this.chunks, { type: this.media.mimeType });
  }

  #release() {
    clearInterval(this.timer);
    this.stream.getTracks().forEach((track) => track.stop());
    this.context.close();
  }
}
