// The page of a request: chosen answers, words that are kept until they were sent, and keys.

import { isWriting } from "/static/console.js";

const form = document.getElementById("say");
const text = document.getElementById("say-text");
const talk = document.getElementById("talk");

/** Keeps the newest words in sight. */
function follow() {
  talk.parentElement.scrollTop = talk.scrollHeight;
}

if (talk) {
  follow();
  talk.addEventListener("htmx:afterSwap", follow);
}

if (form && text) {
  const kept = `desk-${form.dataset.case}`;
  text.value = sessionStorage.getItem(kept) ?? "";
  text.addEventListener("input", () => sessionStorage.setItem(kept, text.value));

  for (const button of document.querySelectorAll("button.take")) {
    button.addEventListener("click", () => {
      text.value = [text.value.trim(), button.dataset.text].filter(Boolean).join("\n");
      sessionStorage.setItem(kept, text.value);
      text.focus();
    });
  }

  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.ctrlKey) {
      event.preventDefault();
      form.requestSubmit();
    }
  });

  // Words that were taken make place for the next; those that were not stay.
  document.body.addEventListener("desk-said", (event) => {
    text.value = "";
    sessionStorage.removeItem(kept);
    document.getElementById("say-id").value = event.detail.id;
    const said = document.getElementById("said");
    said.textContent = "";
    said.classList.remove("wrong");
    text.focus();
  });
}

document.addEventListener("keydown", (event) => {
  if (isWriting(event.target) || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "a" && text) {
    event.preventDefault();
    text.focus();
  }
  if (event.key === "l") document.getElementById("to-list").click();
});
