// Choosing rows for bulk work: [data-all] ticks every [data-row] of its form, Shift ticks a range, [data-chosen] shows how many.
// Tells the form by "rows-chosen". Boxes may stand outside the form (form=ID) and be replaced: nothing hangs on the single box.
document.querySelectorAll("[data-all]").forEach((all) => {
  const form = all.form;
  const boxes = () => [...document.querySelectorAll("[data-row]")].filter((box) => box.form === form);
  let last = null;
  const tell = () => {
    const rows = boxes(), number = rows.filter((box) => box.checked).length;
    rows.forEach((box) => box.closest("tr")?.classList.toggle("is-chosen", box.checked));
    form.querySelectorAll("[data-chosen]").forEach((place) => { place.textContent = number; });
    all.checked = number === rows.length && number > 0;
    all.indeterminate = number > 0 && number < rows.length;
    form.dispatchEvent(new CustomEvent("rows-chosen", { detail: { number } }));
  };
  all.addEventListener("change", () => { boxes().forEach((box) => { box.checked = all.checked; }); tell(); });
  document.addEventListener("click", (event) => {
    const box = event.target.closest?.("[data-row]");
    if (!box || box.form !== form) return;
    const rows = boxes(), from = rows.indexOf(last), to = rows.indexOf(box);
    if (event.shiftKey && from >= 0) {
      rows.slice(Math.min(from, to), Math.max(from, to) + 1).forEach((each) => { each.checked = box.checked; });
    }
    last = box;
    tell();
  });
  form.addEventListener("choose-none", () => { boxes().forEach((box) => { box.checked = false; }); tell(); });
  window.addEventListener("pageshow", tell); // a browser that goes back may have kept the ticks
  tell();
});

// A form that takes a while says so and is sent once.
document.querySelectorAll("form[data-busy]").forEach((form) => {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    form.querySelectorAll("button").forEach((button) => { button.setAttribute("aria-disabled", "true"); });
    const note = form.querySelector("[data-busy-note]");
    if (note) note.hidden = false;
  });
  window.addEventListener("pageshow", () => {
    delete form.dataset.sent;
    form.querySelectorAll("button").forEach((button) => { button.removeAttribute("aria-disabled"); });
  });
});
