// Forms are sent without leaving the page: what came of it is said beside the form. Without this script they are
// sent as forms always are.

const token = () => document.querySelector('meta[name="csrf-token"]').content;

function say(form, answer) {
  const place = form.querySelector("[data-answer]") ?? document.querySelector("[data-answer-all]");
  if (place === null) return;
  place.dataset.is = answer.ok ? "done" : "refused";
  place.textContent = answer.said ?? document.body.dataset.unsent;
  for (const field of form.elements) {
    if (field.name) field.removeAttribute("aria-invalid");
  }
  const wrong = answer.field ? form.elements.namedItem(answer.field) : null;
  if (wrong instanceof HTMLElement) {
    wrong.setAttribute("aria-invalid", "true");
    wrong.focus();
  }
}

async function post(form, submitter) {
  const body = new URLSearchParams(new FormData(form, submitter));
  const headers = { "X-CSRFToken": token(), Accept: "application/json" };
  const response = await fetch(form.getAttribute("action"), { method: "POST", headers, body, redirect: "manual" });
  if (response.type === "opaqueredirect" || response.status === 401) location.reload();
  return response.json();
}

export async function send(form, submitter) {
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  let answer = { ok: false, said: undefined };
  try {
    answer = await post(form, submitter);
  } catch (error) {
    console.warn(error); // the network is gone, or what came was no answer of ours: it is said that nothing is known
  } finally {
    form.removeAttribute("aria-busy");
  }
  say(form, answer);
  if (answer.ok && form.dataset.after === "clear") form.reset();
  if (answer.ok && form.dataset.after === "close") form.closest("details")?.removeAttribute("open");
}

export function sendFromHere() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.send === undefined) return;
    event.preventDefault();
    if (event.submitter?.getAttribute("aria-disabled") === "true") return;
    send(form, event.submitter);
  });
}
