// Keys: whatever has data-shortcut ("n", "g h") is pressed or focused by it and listed under "?"; j, k, Enter, x walk the rows of a list.
const typing = (element) => element.closest?.("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]");
const shown = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;
const keysOf = (element) => element.dataset.shortcut;
const named = (element) => element.dataset.shortcutLabel || element.getAttribute("aria-label") || element.textContent.trim();
const offered = () => [...document.querySelectorAll("[data-shortcut]")];

function press(element) {
  if (element.matches("input:not([type=checkbox], [type=radio]), select, textarea")) { element.focus(); element.select?.(); }
  else element.click();
}

const rows = () => [...document.querySelectorAll("main table.rows tbody tr")].filter((row) => shown(row) && row.querySelector("a[href]"));
const current = () => document.querySelector("tr.is-current");
const linkOf = (row) => row.querySelector("th a[href]") ?? row.querySelector("a[href]");
function walk(step) {
  const all = rows();
  if (!all.length) return;
  const place = all.indexOf(current());
  const next = all[Math.max(0, Math.min(all.length - 1, place < 0 ? 0 : place + step))];
  current()?.classList.remove("is-current");
  next.classList.add("is-current");
  linkOf(next).focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}
document.addEventListener("focusin", (event) => {
  const row = event.target.closest("main table.rows tbody tr");
  if (row !== current()) current()?.classList.remove("is-current");
});

const keys = document.getElementById("keys");
function list() {
  const place = keys.querySelector("dl");
  place.querySelectorAll("[data-made]").forEach((made) => made.remove());
  offered().filter((element) => keysOf(element) !== "/").forEach((element) => {
    const term = Object.assign(document.createElement("dt"), {}), text = document.createElement("dd");
    keysOf(element).split(" ").forEach((key) => term.append(Object.assign(document.createElement("kbd"), { textContent: key }), " "));
    text.textContent = named(element);
    term.dataset.made = text.dataset.made = "";
    place.append(term, text);
  });
  keys.showModal();
}
document.querySelectorAll("[data-keys]").forEach((button) => button.addEventListener("click", () => {
  button.closest("[popover]")?.hidePopover?.();
  list();
}));

const ours = { j: () => walk(1), k: () => walk(-1), x: () => (current() ?? document.activeElement?.closest("tr"))?.querySelector("[data-row]")?.click(), "?": () => keys && list() };
let before = "", forget;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (typing(event.target) || document.querySelector("dialog[open], :popover-open")) return;
  const both = `${before} ${event.key}`;
  const wanted = offered().find((element) => keysOf(element) === both) ?? (before ? undefined : offered().find((element) => keysOf(element) === event.key));
  const begins = !before && offered().some((element) => keysOf(element).startsWith(`${event.key} `));
  clearTimeout(forget);
  before = "";
  if (wanted) { event.preventDefault(); press(wanted); }
  else if (begins) { before = event.key; forget = setTimeout(() => { before = ""; }, 1200); }
  else if (ours[event.key]) { event.preventDefault(); ours[event.key](); }
});
