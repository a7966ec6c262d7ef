// Decisions on a page of a run: a form[data-stays] inside [data-stay] is sent without leaving the page, which is brought up to
// date in place; the focus stays where it was: at the same [data-spot] of the same group, or at the one that took its
// place. Without this script each is a form of its own and the page is loaded anew.
const AGAIN = ["[data-stay]", ".steps", ".flashes"];
const place = () => document.querySelector("[data-stay]");
const LONG = 8000; // ms that the line about what changed stands at the foot

const problems = () => [...document.querySelectorAll("[data-group]:not([data-group=made])")];

function spotOf(element) {
  const spot = element?.closest("[data-spot]");
  if (!spot) return null;
  const group = spot.closest("[data-group]")?.dataset.group ?? "";
  const among = [...document.querySelectorAll("[data-spot]")].filter((each) => (each.closest("[data-group]")?.dataset.group ?? "") === group);
  return { group, index: among.indexOf(spot), groupIndex: problems().findIndex((each) => each.dataset.group === group) };
}

function back(spot) {
  if (!spot) return;
  const group = [...document.querySelectorAll("[data-group]")].find((each) => each.dataset.group === spot.group);
  const spots = group ? [...group.querySelectorAll("[data-spot]")] : [];
  const next = problems()[Math.min(Math.max(spot.groupIndex, 0), problems().length - 1)];
  const found = spots[Math.min(spot.index, spots.length - 1)] ?? next?.querySelector("h2");
  const wanted = found ?? place().querySelector("h2");
  if (!wanted) return;
  if (wanted.matches("h2")) wanted.tabIndex = -1;
  wanted.closest("details:not([open])")?.setAttribute("open", "");
  wanted.focus();
  wanted.select?.();
}

function say(text, isFault = false) {
  document.querySelector(".run-toast")?.remove();
  if (!text) return;
  const line = Object.assign(document.createElement("div"), { className: `toast-line run-toast${isFault ? " is-fault" : ""}`, textContent: text });
  line.setAttribute("role", isFault ? "alert" : "presentation"); // the flashes above say it to screen readers
  document.body.append(line);
  setTimeout(() => line.remove(), LONG);
}

async function send(form, submitter) {
  const spot = spotOf(submitter ?? document.activeElement) ?? spotOf(form.querySelector("[data-spot]"));
  const body = new URLSearchParams(new FormData(form));
  if (submitter?.name) body.append(submitter.name, submitter.value);
  place().setAttribute("aria-busy", "true");
  const answer = await fetch(form.action, { method: "POST", body }).catch(() => null);
  const page = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
  place().removeAttribute("aria-busy");
  if (!page?.querySelector("[data-stay]")) {
    if (answer?.ok) return window.location.assign(answer.url);
    return say(page?.querySelector("main p.lead, main h1")?.textContent.trim() || place().dataset.lost, true);
  }
  if (new URL(answer.url).pathname !== window.location.pathname) return window.location.assign(answer.url);
  AGAIN.forEach((part) => { const old = document.querySelector(part), fresh = page.querySelector(part); if (old && fresh) old.replaceChildren(...fresh.childNodes); });
  place().dispatchEvent(new CustomEvent("part-added", { bubbles: true }));
  back(spot);
  const told = document.querySelector(".flashes");
  if (told && told.getBoundingClientRect().bottom < 60) say(told.textContent.trim());
}

let sending = false;
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-stays]");
  if (!form || !form.closest("[data-stay]")) return;
  event.preventDefault();
  if (sending) return;
  sending = true;
  try { await send(form, event.submitter); } finally { sending = false; }
});
