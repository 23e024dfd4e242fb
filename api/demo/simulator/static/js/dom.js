/** Makes elements; text never becomes HTML. */

/**
 * @param {string} tag `name`, or `name.class.class`
 * @param {Record<string, any>} [props] attributes; `on*` are listeners, `style` an object of CSS variables
 * @param {...(Node|string|null|undefined|false)} children
 */
export function el(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name);
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "style") for (const [n, v] of Object.entries(value)) node.style.setProperty(n, v);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}
