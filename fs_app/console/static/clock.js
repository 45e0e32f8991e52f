// How long something has lasted, as 1:07 or 1:02:07, counted here from moments that the server tells. The server's
// clock is the one that counts: this machine's may be wrong.

let ahead = 0; // seconds that our clock is ahead of the server's

export function set(now) {
  ahead = Date.now() / 1000 - now;
}

export function spell(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, index) => (index ? String(part).padStart(2, "0") : String(part))).join(":");
}

export function tick() {
  const now = Date.now() / 1000 - ahead;
  for (const node of document.querySelectorAll("[data-from]")) {
    const text = spell(now - Number(node.dataset.from));
    if (node.textContent !== text) node.textContent = text;
  }
}
