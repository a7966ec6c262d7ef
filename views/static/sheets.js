// A link that opens its page as a sheet over this one: a[data-sheet]. Without this script it is a page of its own.
// What is brought in is told to the other scripts by "part-added".
const added = (part) => part.dispatchEvent(new CustomEvent("part-added", { bubbles: true }));

async function open(link) {
  link.setAttribute("aria-busy", "true");
  const answer = await fetch(link.href, { headers: { "X-Fragment": "yes" } }).catch(() => null);
  link.removeAttribute("aria-busy");
  if (!answer?.ok || answer.redirected) return window.location.assign(link.href);
  const sheet = document.createElement("dialog");
  sheet.className = "sheet wide-sheet";
  sheet.setAttribute("aria-labelledby", "sheet-title");
  sheet.innerHTML = await answer.text();
  sheet.addEventListener("close", () => { sheet.remove(); link.focus(); });
  sheet.addEventListener("click", (event) => { if (event.target === sheet) sheet.close(); });
  document.body.append(sheet);
  added(sheet);
  sheet.showModal();
  if (window.matchMedia("(pointer: coarse)").matches) return; // a keyboard on the glass would hide half of the sheet
  sheet.querySelector("[autofocus], form:not([method=dialog]) :is(input, select):not([type=hidden], [hidden] *)")?.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-sheet]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (!link.hasAttribute("aria-busy")) open(link);
});
