// Choosing rows for bulk work: [data-all] ticks every [data-row] of its form, [data-chosen] shows how many.
document.querySelectorAll("[data-all]").forEach((all) => {
  const form = all.closest("form");
  const rows = [...form.querySelectorAll("[data-row]")];
  const tell = () => {
    const number = rows.filter((row) => row.checked).length;
    form.querySelectorAll("[data-chosen]").forEach((place) => { place.textContent = number; });
    all.checked = number === rows.length && number > 0;
    all.indeterminate = number > 0 && number < rows.length;
  };
  all.addEventListener("change", () => { rows.forEach((row) => { row.checked = all.checked; }); tell(); });
  rows.forEach((row) => row.addEventListener("change", tell));
  tell();
});

// A form that takes a while says so and is sent once.
document.querySelectorAll("form[data-busy]").forEach((form) => {
  form.addEventListener("submit", () => {
    form.querySelectorAll("button").forEach((button) => { button.setAttribute("aria-disabled", "true"); });
    const note = form.querySelector("[data-busy-note]");
    if (note) note.hidden = false;
  });
});
