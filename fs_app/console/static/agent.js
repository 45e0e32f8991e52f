// What an agent's page does by itself: it opens the call that rings, once, and adds up chosen bills.

const POPPED = "fs_app.popped"; // of sessionStorage: the hand-overs that were opened by themselves

const desk = () => document.querySelector("[data-page]");

function touched() {
  const fields = document.querySelectorAll("main input:not([type=hidden]), main textarea");
  return [...fields].some((field) => field.type !== "checkbox" && field.value !== field.defaultValue);
}

function pop(calls, over) {
  const page = desk();
  if (calls.pop === null || page.dataset.call === String(calls.pop)) return;
  const popped = JSON.parse(sessionStorage.getItem(POPPED) ?? "[]");
  if (popped.includes(calls.pop) || touched() || (page.dataset.page === "call" && !over)) return;
  sessionStorage.setItem(POPPED, JSON.stringify([...popped, calls.pop].slice(-50)));
  location.assign(`/agent/calls/${calls.pop}`);
}

export function told(part, state) {
  if (part !== "calls" && part !== "call") return;
  const { calls, call } = state;
  if (calls === undefined || (desk().dataset.page === "call" && call === undefined)) return;
  const title = document.title.replace(/^\u260e /, "");
  document.title = calls.rings ? `\u260e ${title}` : title;
  pop(calls, call?.over ?? true);
}

function total(form) {
  const chosen = [...form.querySelectorAll("[data-amount]:checked")].map((box) => box.dataset.amount);
  const places = Math.max(0, ...chosen.map((amount) => (amount.split(".")[1] ?? "").length));
  const minor = chosen.reduce((sum, amount) => sum + Math.round(Number(amount) * 10 ** places), 0);
  return chosen.length ? (minor / 10 ** places).toFixed(places) : "";
}

export function prepare() {
  for (const form of document.querySelectorAll("[data-pay]")) {
    form.addEventListener("change", (event) => {
      if (event.target.matches("[data-amount]")) form.querySelector("[data-sum]").value = total(form);
    });
  }
}
