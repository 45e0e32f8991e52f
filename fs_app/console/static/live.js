// The page as it is now: server-sent events, each of them one part of the snapshot.

import { bind } from "./bind.js";
import * as clock from "./clock.js";

const QUIET_MS = 40_000; // the server says something every fifteen seconds
const AGAIN_MS = 3_000;

// Whether this browser is signed out, or has to go another way first. The question keeps nobody signed in.
async function signedOut() {
  const headers = { Accept: "application/json", "X-Background": "yes" };
  try {
    return [401, 403].includes((await fetch("/account/awake", { headers, redirect: "manual" })).status);
  } catch (error) {
    console.warn(error); // no way to the console
    return false;
  }
}

const seen = (node) => node.isConnected && node.offsetParent !== null;

// Who had the focus on something that went away goes on at the heading of what took its place.
function keepFocus(focused, roots) {
  if (focused === null || focused === document.body || seen(focused)) return;
  const headings = [...roots, document].map((root) => [...root.querySelectorAll("h2, h1")].find(seen));
  const heading = headings.find((each) => each !== undefined);
  heading?.setAttribute("tabindex", "-1");
  heading?.focus();
}

// Follow the feed of this page; `told` hears of each part after it is on the page.
export function follow(told = () => {}) {
  const page = document.querySelector("[data-feed]");
  if (page === null) return;
  const state = {};
  let source = null;
  let heard = Date.now();

  const connection = (name) => document.documentElement.setAttribute("data-connection", name);

  function take(event) {
    heard = Date.now();
    connection("live");
    const before = state[event.type];
    state[event.type] = JSON.parse(event.data);
    const roots = [...document.querySelectorAll(`[data-part="${event.type}"]`)];
    const focused = document.activeElement;
    for (const root of roots) bind(root, state[event.type]);
    keepFocus(focused, roots);
    clock.tick();
    told(event.type, state, before);
  }

  // The feed was refused: for good, or because the server has too much to do.
  async function again() {
    if (await signedOut()) location.reload();
    else open();
  }

  function open() {
    source?.close();
    heard = Date.now();
    source = new EventSource(page.dataset.feed);
    for (const part of page.dataset.parts.split(" ")) source.addEventListener(part, take);
    source.addEventListener("clock", (event) => {
      heard = Date.now();
      connection("live");
      clock.set(JSON.parse(event.data));
    });
    source.addEventListener("bye", (event) => {
      source.close();
      source = null;
      if (JSON.parse(event.data) === "session") location.reload();
      else connection("elsewhere");
    });
    source.addEventListener("error", () => {
      connection("lost");
      if (source?.readyState === EventSource.CLOSED) setTimeout(again, AGAIN_MS);
    });
  }

  setInterval(() => {
    clock.tick();
    if (source !== null && Date.now() - heard > QUIET_MS) open();
  }, 1000);
  document.querySelector("[data-follow-again]")?.addEventListener("click", open);
  window.addEventListener("pagehide", () => source?.close());
  open();
}
