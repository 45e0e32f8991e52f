// Puts a snapshot into the page: no words, no markup, only what the page's own attributes ask for.
//
//   data-text="a.b"      the text of the element
//   data-show="a.b"      hidden unless it is something
//   data-hide="a.b"      hidden where it is something
//   data-state="a.b"     the attribute data-is, for the stylesheet
//   data-value="a.b"     the value of a field, unless somebody has changed it
//   data-label="a.b"     its aria-label
//   data-href="a.b"      where a link leads: a path of ours, or tel:
//   data-action="a.b"    where a form is sent: a path of ours
//   data-since="a.b"     a moment in seconds; clock.js writes how long ago that is
//   data-most="a.b"      the maximum of a progress bar
//   data-pressed="a.b"   aria-pressed
//   data-off="a.b"       aria-disabled: it can still be reached and read, and does nothing
//   data-with="a"        everything inside is looked up there
//   data-each="a"        its <template>, once for each; an item has a "key", and keeps its element
//
// An element with data-part belongs to another part of the snapshot, wherever it stands.
//
// Nothing is written that is already there: a reader of the screen hears only what changed.

export function at(scope, path) {
  return path === "." ? scope : path.split(".").reduce((here, name) => here?.[name], scope);
}

function set(node, name, value) {
  if (value === undefined || value === null || value === "") node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
}

const safe = (target) => (/^(\/(?![/\\])|tel:\+?[0-9]+$|#)/.test(target ?? "") ? target : "");

const rules = {
  text: (node, value) => {
    const text = value === undefined || value === null ? "" : String(value);
    if (node.textContent !== text) node.textContent = text;
  },
  show: (node, value) => (node.hidden = !something(value)),
  hide: (node, value) => (node.hidden = something(value)),
  state: (node, value) => set(node, "data-is", value),
  value: (node, value) => fill(node, value),
  label: (node, value) => set(node, "aria-label", value),
  href: (node, value) => set(node, "href", safe(value)),
  action: (node, value) => set(node, "action", safe(value)),
  since: (node, value) => set(node, "data-from", value),
  most: (node, value) => set(node, "max", value),
  pressed: (node, value) => set(node, "aria-pressed", Boolean(value)),
  off: (node, value) => set(node, "aria-disabled", something(value) ? "true" : ""),
};

const something = (value) => (Array.isArray(value) ? value.length > 0 : Boolean(value));

function fill(node, value) {
  if (node.localName === "progress") {
    node.value = Number(value) || 0;
    return;
  }
  const text = value === undefined || value === null ? "" : String(value);
  const changed = node.dataset.filled !== undefined && node.value !== node.dataset.filled;
  if (changed && node.type !== "hidden") return;
  if (node.value !== text) node.value = text;
  node.dataset.filled = text;
}

function each(node, items) {
  const template = node.querySelector(":scope > template");
  const old = new Map();
  for (const child of node.children) if (child.dataset.key !== undefined) old.set(child.dataset.key, child);
  let before = template;
  for (const item of items ?? []) {
    const key = String(item.key);
    let child = old.get(key);
    if (child === undefined) {
      child = template.content.firstElementChild.cloneNode(true);
      child.dataset.key = key;
    }
    old.delete(key);
    if (before.nextElementSibling !== child) before.after(child);
    bind(child, item);
    before = child;
  }
  for (const gone of old.values()) gone.remove();
}

export function bind(node, scope) {
  for (const [name, rule] of Object.entries(rules)) {
    const path = node.dataset[name];
    if (path !== undefined) rule(node, at(scope, path));
  }
  if (node.dataset.each !== undefined) {
    each(node, at(scope, node.dataset.each));
    return;
  }
  const inner = node.dataset.with === undefined ? scope : at(scope, node.dataset.with) ?? {};
  for (const child of [...node.children]) {
    if (child.localName !== "template" && child.dataset.part === undefined) bind(child, inner);
  }
}
