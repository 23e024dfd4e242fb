// The review by keyboard alone. Every key presses what the page shows beside it.
import { isWriting } from "/static/console.js";

const pressed = (key) => document.querySelector(`[data-press="${CSS.escape(key)}"]`);
/** A decision is on its way: a key pressed now would decide on a card that nobody has seen. */
let onItsWay = false;

/** Opens what a button stands for, and begins to write there. */
function open(button) {
  const part = document.getElementById(button.dataset.opens);
  part.hidden = !part.hidden;
  button.setAttribute("aria-expanded", String(!part.hidden));
  if (!part.hidden) {
    document.getElementById("names")?.dispatchEvent(new Event("open"));
    part.querySelector("input, textarea")?.focus();
  }
}

function press(target) {
  if (target.matches("input")) {
    target.focus();
    target.select();
  } else if (target.matches("summary")) {
    const details = target.parentElement;
    details.open = !details.open;
    if (details.open) details.querySelector("textarea").focus();
  } else {
    target.click();
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  const target = event.target;
  if (isWriting(target)) {
    if (event.key === "Escape") document.getElementById("card")?.focus();
    if (event.key === "Enter" && target.id === "find") {
      event.preventDefault();
      document.querySelector("#found button")?.click();
    }
    if (event.key === "Enter" && target.dataset.enter) {
      event.preventDefault();
      target.form.querySelector(`button[value="${target.dataset.enter}"]`).click();
    }
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  const found = event.key.length === 1 ? pressed(event.key.toLowerCase()) : null;
  if (found) {
    event.preventDefault();
    if (!onItsWay) press(found);
    return;
  }
  // Any other letter begins a search: it goes where the focus is by then.
  const find = document.getElementById("find");
  if (find && /^\p{L}$/u.test(event.key)) find.focus();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-opens]");
  if (button) open(button);
  if (event.target.closest("#mark")) mark();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});

/** Marks what is selected in the text as the chosen slot. */
function mark() {
  const text = document.getElementById("text");
  const slot = document.getElementById("slot").value;
  const [start, end] = [text.selectionStart, text.selectionEnd];
  const chosen = text.value.slice(start, end).trim();
  if (!chosen || /[[\]()]/.test(chosen)) return;
  const at = text.value.indexOf(chosen, start);
  text.setRangeText(`[${chosen}](${slot})`, at, at + chosen.length, "end");
  text.focus();
}

const sends = (event) => event.detail.elt.matches("form");
document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (sends(event)) onItsWay = true;
});
for (const over of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(over, (event) => {
    if (sends(event)) onItsWay = false;
  });
}

// The next card is read out, and keys work on it at once.
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "review") return;
  onItsWay = false;
  document.getElementById("card")?.focus();
});
