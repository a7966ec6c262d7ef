// A field filled with a part of a column: what that gives for the first rows is shown as it is chosen. [data-samples] of the
// form holds the samples by column; without this script the same stands there after saving.
const SHOWN = 3;

function example(source) {
  const form = source.closest("[data-samples]");
  const chosen = source.querySelector("select[data-from]").selectedOptions[0];
  const place = source.querySelector("[data-example]");
  const column = chosen?.dataset.column;
  if (!form || !place) return;
  if (column === undefined) { place.textContent = ""; return; }
  const divider = source.querySelector("[data-divider]").value;
  const piece = Number(source.querySelector("[data-piece]").value);
  const values = (JSON.parse(form.dataset.samples)[column] ?? []).slice(0, SHOWN);
  const part = (text) => (divider ? text.split(divider).at(piece) ?? "" : text).trim();
  place.textContent = values.map((text) => `${text} → ${part(text) || "—"}`).join("; ");
}

["change", "input"].forEach((happening) => document.addEventListener(happening, (event) => {
  const source = event.target.closest?.(".source");
  if (source) example(source);
}));
document.querySelectorAll(".source").forEach(example);
