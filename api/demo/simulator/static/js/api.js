/** Calls to the simulator. */

async function call(path, options = {}) {
  const answer = await fetch(path, options);
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Error(problem.detail ?? `HTTP ${answer.status}`);
  }
  return answer.json();
}

const post = (path, body) =>
  call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export const loadState = () => call("/chat/state");
export const loadMessages = (phone) => call(`/chat/${phone}/messages`);
export const addCitizen = (language) => post("/chat/citizens", { language });
export const markRead = (phone) => post(`/chat/${phone}/read`, {});
export const verifyAgain = () => post("/__verify", {});

/** Sends as the citizen: `{type: "text", text}`, `{type: "button", option, message}`, ... */
export const send = (phone, message) => post("/__inbound", { citizen: phone, ...message });

/**
 * @param {string} phone
 * @param {"audio"|"image"|"video"|"document"} type
 * @param {Blob} file
 * @param {{recorded?: boolean}} [options] a recording becomes a voice note
 */
export function sendFile(phone, type, file, { recorded = false } = {}) {
  const form = new FormData();
  form.set("citizen", phone);
  form.set("type", type);
  if (recorded) form.set("recorded", "true");
  else if (type === "audio") form.set("voice", /ogg|opus/.test(file.type) ? "true" : "false");
  form.set("file", file, file.name ?? "recording");
  return call("/__inbound", { method: "POST", body: form });
}
