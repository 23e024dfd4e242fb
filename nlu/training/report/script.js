"use strict";
// Sorting of tables and filtering of messages; the page is complete without it.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, at) => {
    head.querySelector("button").addEventListener("click", () => {
      const words = head.classList.contains("words");
      const before = head.getAttribute("aria-sort");
      const up = before ? before === "descending" : true;
      const value = (row) => words ? row.cells[at].textContent : Number(row.cells[at].dataset.value);
      const rows = [...table.tBodies[0].rows].sort((a, b) => {
        const [x, y] = up ? [value(a), value(b)] : [value(b), value(a)];
        return words ? x.localeCompare(y) : x - y;
      });
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      table.tBodies[0].append(...rows);
    });
  });
}

const form = document.getElementById("filters");
if (form) {
  const messages = [...document.querySelectorAll("#messages > li")];
  const filter = () => {
    const words = form.elements.words.value.trim().toLowerCase();
    let shown = 0;
    for (const message of messages) {
      const fits = ["key", "truth", "flaw"].every((name) => {
        const wanted = form.elements[name].value;
        return !wanted || message.dataset[name] === wanted;
      }) && message.textContent.toLowerCase().includes(words);
      message.hidden = !fits;
      shown += fits;
    }
    document.getElementById("shown").textContent = `${shown} of ${messages.length}`;
  };
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  filter();
}
