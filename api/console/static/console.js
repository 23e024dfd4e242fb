// Keys that work on every page. An area has its own in its own script.

const shortcuts = document.getElementById("shortcuts");

/** Whether somebody writes there, so that keys are letters. */
export function isWriting(target) {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;
}

document.addEventListener("keydown", (event) => {
  if (event.key === "?" && !isWriting(event.target)) {
    event.preventDefault();
    shortcuts.open ? shortcuts.close() : shortcuts.showModal();
  }
  if (event.altKey && /^[1-9]$/.test(event.key)) {
    const link = document.querySelector(`nav a[data-key="${event.key}"]`);
    if (link) {
      event.preventDefault();
      link.click();
    }
  }
});

// A form of the language needs no second tap where scripts run.
const language = document.getElementById("language");
if (language) {
  language.form.querySelector("button").hidden = true;
  language.addEventListener("change", () => language.form.requestSubmit());
}

// What failed is said, also where HTMX asked for a part only.
document.body.addEventListener("htmx:responseError", (event) => {
  const said = document.getElementById("said");
  const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
  const why = page.querySelector(".wrong");
  if (why) {
    said.textContent = why.textContent;
    said.classList.add("wrong");
  }
});
