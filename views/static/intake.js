// Taking a report in by keyboard: what the box chose, severities that fit the kind, Ctrl+Enter.

// The caller chosen brings the estate (for lookups) and whom its building proposes; a list of several is over.
document.querySelectorAll("form[data-quick-save]").forEach((form) => {
  const show = (estate, note) => {
    form.querySelector("[data-estate-source]").value = estate ?? "";
    form.querySelector("[data-proposal]").textContent = note ?? "";
    form.querySelectorAll('[name="who.choice"]').forEach((choice) => { choice.checked = false; });
  };
  const box = form.querySelector("[data-eager]");
  box.addEventListener("lookup-chosen", (event) => show(event.detail.estate, event.detail.note));
  box.addEventListener("lookup-cleared", () => show());
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit();
  });
});

// [data-fitting] holds, by value of one control, which values of another fit it; what does not fit is put away.
document.querySelectorAll("[data-fitting]").forEach((words) => {
  const form = words.closest("form");
  const fitting = JSON.parse(words.dataset.fitting);
  const controls = (name) => [...form.querySelectorAll(`[name="${name}"]`)];
  const deciding = controls(words.dataset.chosenBy), dependent = controls(words.dataset.choices);
  const box = dependent[0].closest(".field");
  const chosen = () => (deciding.find((control) => control.checked) ?? deciding[0]).value;
  const fit = () => {
    const values = fitting[chosen()] ?? [];
    box.hidden = values.length === 0;
    dependent.flatMap((control) => (control.tagName === "SELECT" ? [...control.options] : [control])).forEach((choice) => {
      const fits = values.includes(choice.value);
      const place = choice.closest("label") ?? choice;
      place.hidden = choice.value !== "" && !fits;
      if (choice.tagName === "OPTION") { if (choice.selected && !fits) choice.closest("select").value = ""; }
      else choice.checked = fits && (choice.checked || choice.defaultChecked);
    });
  };
  deciding.forEach((control) => control.addEventListener("change", fit));
  fit();
});
