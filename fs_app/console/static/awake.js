// A click or a key says that somebody is there: the session stays. What the page does by itself never does.

const PAUSE = 60_000; // once a minute is enough
let told = Date.now(); // the page itself was just asked for

function tell() {
  if (Date.now() - told < PAUSE) return;
  told = Date.now();
  fetch("/account/awake", { headers: { Accept: "application/json" } }).catch(() => {});
}

export function listen() {
  for (const event of ["pointerdown", "keydown"]) addEventListener(event, tell, { passive: true, capture: true });
}
