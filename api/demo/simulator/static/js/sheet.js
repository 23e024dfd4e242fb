/** A sheet that rises from the phone's lower edge; the rest waits until it is closed. */
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

let open = null;

/** @param {string} title @param {Node[]} content @returns {() => void} closes the sheet */
export function openSheet(title, content) {
  open?.();
  const phone = document.getElementById("phone");
  const before = document.activeElement;
  const waiting = [...phone.children, ...document.querySelectorAll(".desk, .wire")];
  const close = () => {
    host.remove();
    waiting.forEach((node) => node.removeAttribute("inert"));
    document.removeEventListener("keydown", onKey);
    open = null;
    if (before?.isConnected) before.focus();
  };
  const onKey = (event) => event.key === "Escape" && close();
  const sheet = el("div.sheet", { role: "dialog", "aria-modal": "true", "aria-label": title },
    el("header", {}, el("button.round", { type: "button", "aria-label": say("close"), onclick: close }, icon("close")), el("h2", {}, title)),
    ...content);
  const host = el("div.sheet-host", { onclick: (event) => event.target === host && close() }, sheet);
  waiting.forEach((node) => node.setAttribute("inert", ""));
  document.addEventListener("keydown", onKey);
  phone.append(host);
  (sheet.querySelector("input, .kinds button") ?? sheet.querySelector("button")).focus({ preventScroll: true });
  open = close;
  return close;
}

function option(name, { title, description }, value) {
  const input = el("input", { type: "radio", name, value });
  return el("label.option", {}, el("b", {}, title), input, description && el("small", {}, description));
}

/** The rows of a list message; `onChoose(row)` once one is sent. */
export function openList(message, onChoose) {
  const { action } = message.content.interactive;
  const rows = action.sections.flatMap((section) => section.rows);
  const sections = action.sections.flatMap((section) => [
    section.title && el("h3", {}, section.title),
    ...section.rows.map((row) => option("row", row, rows.indexOf(row))),
  ]);
  const sendButton = el("button.primary", { type: "submit", disabled: true }, say("send"));
  const form = el("div.rows", { role: "radiogroup", "aria-label": action.button }, ...sections.filter(Boolean));
  const chosen = () => form.querySelector("input:checked");
  const submit = () => {
    const row = rows[chosen()?.value];
    if (!row) return;
    close();
    onChoose(row);
  };
  form.addEventListener("change", () => sendButton.removeAttribute("disabled"));
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // else the button that gets the focus back opens the list again
    submit();
  });
  sendButton.addEventListener("click", submit);
  const close = openSheet(action.button, [form, el("footer", {}, sendButton)]);
}
