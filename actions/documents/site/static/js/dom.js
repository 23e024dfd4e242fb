// Elements and text nodes; never HTML.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  good: "M9.2 16.6 4.6 12l-1.4 1.4 6 6L21 7.6l-1.4-1.4z",
  care: "M10.6 3h2.8v11h-2.8zM10.6 17.2h2.8V20h-2.8z",
  bad: "M18.4 4 12 10.4 5.6 4 4 5.6l6.4 6.4L4 18.4 5.6 20l6.4-6.4 6.4 6.4 1.6-1.6-6.4-6.4L20 5.6z",
  open: "M4 10.7h16v2.6H4z",
};

/** An element with attributes (functions are listeners) and children (text or elements). */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A sign that needs no colour to be told from the others. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}
