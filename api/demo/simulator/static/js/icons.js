/** Line icons drawn for this page, 24 x 24. */

const PATHS = {
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6L6 18",
  send: "M4.5 12L4 5l17 7l-17 7l.5-7zM4.5 12H12",
  mic: "M12 3.5a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0v-5a3 3 0 0 1 3-3zM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3",
  attach: "M18.5 11.5l-7 7a4.3 4.3 0 0 1-6-6l8-8a2.9 2.9 0 0 1 4 4l-7.8 7.8a1.4 1.4 0 0 1-2-2l7-7",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l1 12.5h8L17 7M10.5 10.5v5.5M13.500 10.500v5.500",
  plus: "M12 5v14M5 12h14",
  list: "M9 7h11M9 12h11M9 17h11M4.500 7h.01M4.500 12h.01M4.500 17h.01",
  reply: "M9 6L4 11l5 5M4 11h9a7 7 0 0 1 7 7",
  check: "M5 12.500l4.500 4.500L19 7.500",
  down: "M6 9.500l6 6l6-6",
  open: "M13 5h6v6M19 5l-8.500 8.500M17 14v5H5V7h5",
  pin: "M12 21s-7-6.300-7-11.500a7 7 0 0 1 14 0C19 14.700 12 21 12 21zM12 12a2.500 2.500 0 1 0 0-5a2.500 2.500 0 0 0 0 5z",
  photo: "M4 6h16v13H4zM4 16l4.500-4.500L13 16l3-3l4 4M15.500 10h.01",
  sound: "M9 17.500V6l10-2v11.500M9 17.500a2.500 2.500 0 1 1-5 0a2.500 2.500 0 0 1 5 0zM19 15.500a2.500 2.500 0 1 1-5 0a2.500 2.500 0 0 1 5 0z",
  file: "M6 3.500h8l4.500 4.500v12.500H6zM14 3.500V8h4.500M9 12.500h6.500M9 16h6.500",
  link: "M14 5h5v5M19 5l-9 9M10 5H5v14h14v-5",
  sms: "M4 6h16v12H4zM4.500 7l7.500 6l7.500-6",
  up: "M12 19V5M6 11l6-6l6 6",
  arrow_down: "M12 5v14M6 13l6 6l6-6",
  smile: "M12 21a9 9 0 1 0 0-18a9 9 0 0 0 0 18zM8.500 14.500a4.500 4.500 0 0 0 7 0M9 9.500h.01M15 9.500h.01",
  sticker: "M5 4h14v9l-6 7H5zM13 20v-7h6",
  person: "M12 12a4 4 0 1 0 0-8a4 4 0 0 0 0 8zM4.500 20.500a7.500 7.500 0 0 1 15 0",
  blocked: "M12 21a9 9 0 1 0 0-18a9 9 0 0 0 0 18zM5.700 5.700l12.600 12.600",
};
const SOLID = {
  play: "M8 5.500v13l11-6.500z",
  pause: "M7 5.500h3.500v13H7zM13.500 5.500H17v13h-3.500z",
  badge: "M12 2l2.400 2l3.100-.3l1 3l2.700 1.600l-.9 3l.9 3l-2.700 1.600l-1 3l-3.100-.3L12 20.600l-2.400-2l-3.100.3l-1-3L2.800 14.300l.9-3l-.9-3l2.700-1.600l1-3l3.100.3zM11 14.800l5-5.200l-1.300-1.200l-3.800 4l-1.700-1.600l-1.200 1.300z",
};
const TICKS = {
  pending: ["M9 4.500V8l2.500 1.500", "M9 1.500a6 6 0 1 0 0 12a6 6 0 0 0 0-12"],
  sent: ["M4.500 8.200l3.200 3.300L14 3.500"],
  delivered: ["M1.500 8.200l3.200 3.300L11 3.500", "M8.300 10.600l.9.900L15.500 3.500"],
  failed: ["M9 1.500a6 6 0 1 0 0 12a6 6 0 0 0 0-12", "M9 4.300v4M9 10.700v.1"],
};
TICKS.read = TICKS.delivered;

function svg(box, paths, solid) {
  const space = "http://www.w3.org/2000/svg";
  const node = document.createElementNS(space, "svg");
  node.setAttribute("viewBox", box);
  node.setAttribute("aria-hidden", "true");
  for (const d of paths) {
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", d);
    node.append(path);
  }
  if (solid) {
    node.setAttribute("fill", "currentColor");
    node.setAttribute("fill-rule", "evenodd");
  } else {
    for (const [name, value] of [["fill", "none"], ["stroke", "currentColor"], ["stroke-linecap", "round"], ["stroke-linejoin", "round"]]) {
      node.setAttribute(name, value);
    }
  }
  return node;
}

/** @param {string} name @param {number} [size] */
export function icon(name, size = 24) {
  const node = svg("0 0 24 24", [PATHS[name] ?? SOLID[name]], name in SOLID);
  node.setAttribute("width", size);
  node.setAttribute("height", size);
  node.setAttribute("stroke-width", "1.9");
  return node;
}

/** One grey tick, two grey, two blue; a clock before, a mark where it failed. @param {string} state */
export function ticks(state) {
  const node = svg("0 0 18 15", TICKS[state] ?? TICKS.pending, false);
  node.setAttribute("stroke-width", "1.6");
  return node;
}
