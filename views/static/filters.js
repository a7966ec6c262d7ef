// The panel of filters, form[data-filters]: a filter shows the inputs that its operator takes, filters are found by
// name, and what is looked up is added to the boxes of its filter. The server makes the address of it.
const SHOWN = {
  among: (operator) => operator === "" || operator === "not" || operator === "starts",
  span: (operator) => operator === "",
  days: (operator) => operator === "last" || operator === "next" || operator === "older",
};

function fit(field) {
  const operator = field.querySelector("[data-operator]")?.value ?? "";
  field.querySelectorAll("[data-values]").forEach((part) => {
    const isShown = SHOWN[part.dataset.values](operator);
    part.hidden = !isShown;
    (part.matches("input") ? [part] : part.querySelectorAll("input")).forEach((input) => { input.disabled = !isShown; });
  });
}

function pick(picks, record) {
  const boxes = picks.querySelector(".checks");
  const known = [...boxes.querySelectorAll("input")].find((box) => box.value === String(record.id));
  if (known) { known.checked = true; return; }
  const box = Object.assign(document.createElement("input"), { type: "checkbox", name: picks.dataset.picks, value: record.id, checked: true });
  const label = document.createElement("label");
  label.append(box, ` ${record.text}`);
  boxes.append(label);
}

function start(form) {
  form.querySelectorAll("[data-filter]").forEach(fit);
  form.addEventListener("change", (event) => {
    if (event.target.matches("[data-operator]")) fit(event.target.closest("[data-filter]"));
  });
  form.querySelectorAll("[data-picks]").forEach((picks) => {
    picks.addEventListener("lookup-chosen", (event) => {
      pick(picks, event.detail);
      picks.querySelector(".lookup input[type=text]").value = "";
    });
  });
  const finder = form.querySelector("[data-find-filter]");
  finder.closest("[hidden]").hidden = false;
  finder.addEventListener("input", () => {
    const wanted = finder.value.trim().toLowerCase();
    form.querySelectorAll("[data-filter]").forEach((field) => { field.hidden = !field.dataset.name.includes(wanted); });
    const more = form.querySelector("[data-more]");
    if (more && wanted) more.open = true;
  });
  finder.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // to the filter found, not away with the form
    form.querySelector("[data-filter]:not([hidden]) :is(input, select):not([disabled])")?.focus();
  });
}

const startAll = (part) => part.querySelectorAll("form[data-filters]").forEach(start);
startAll(document);
document.addEventListener("part-added", (event) => startAll(event.target));
