// Shortcuts: each is written on the button or field it belongs to (data-shortcut), so that the list that `?` shows is the
// page itself. A key does nothing while something is typed, and can be switched off (WCAG 2.1.4).

const OFF = "fs_app.keys"; // of localStorage

const typing = (node) => node.matches("input:not([type=checkbox],[type=radio]), textarea, select, [contenteditable]");
const seen = (node) => node.offsetParent !== null;
const list = () => document.getElementById("keys");

function use(node) {
  node.focus();
  if (node.matches("button:not([data-shortcut-focus]), a")) node.click();
}

function fill(table) {
  const rows = table.querySelector("tbody");
  rows.replaceChildren();
  for (const node of document.querySelectorAll("[data-shortcut]")) {
    if (!seen(node) || table.contains(node)) continue;
    const row = rows.insertRow();
    const key = document.createElement("kbd");
    key.textContent = node.dataset.shortcut;
    row.insertCell().append(key);
    row.insertCell().textContent = node.dataset.shortcutName ?? node.getAttribute("aria-label") ?? node.textContent.trim();
  }
}

export function listen() {
  const dialog = list();
  if (dialog === null) return;
  const off = dialog.querySelector("[data-keys-off]");
  off.checked = localStorage.getItem(OFF) === "off";
  off.addEventListener("change", () => localStorage.setItem(OFF, off.checked ? "off" : "on"));
  const open = () => {
    fill(dialog);
    dialog.showModal();
  };
  for (const button of document.querySelectorAll("[data-keys-open]")) {
    button.hidden = false;
    button.addEventListener("click", open);
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (typing(event.target) || off.checked || dialog.open) return;
    if (event.key === "?") {
      event.preventDefault();
      open();
      return;
    }
    const wanted = `[data-shortcut="${CSS.escape(event.key)}"]`;
    const node = [...document.querySelectorAll(wanted)].find(seen);
    if (node === undefined) return;
    event.preventDefault();
    use(node);
  });
}
