// The bar of bulk actions: there while rows are chosen. [data-all-filtered] means the whole list, [data-choose-none] none.
// What is sent names the version of each row as it was shown, so that nothing newer is overwritten.
document.querySelectorAll("form[data-bulk]").forEach((bar) => {
  const whole = bar.querySelector("[data-all-filtered]"), column = bar.querySelector("[name=column]");
  const boxes = () => [...document.querySelectorAll("[data-row]")].filter((box) => box.form === bar);
  bar.addEventListener("rows-chosen", (event) => {
    bar.hidden = event.detail.number === 0;
    if (whole && event.detail.number < boxes().length) whole.checked = false;
  });
  whole?.addEventListener("change", () => {
    const all = document.querySelector("[data-all]");
    if (whole.checked && !all.checked) all.click();
  });
  bar.querySelector("[data-choose-none]").addEventListener("click", () => bar.dispatchEvent(new Event("choose-none")));
  column?.addEventListener("change", () => {
    if (column.value) bar.requestSubmit(bar.querySelector("button[value=set]"));
  });
  bar.addEventListener("submit", () => {
    bar.querySelectorAll("[data-version-of]").forEach((old) => old.remove());
    if (whole?.checked) return;
    boxes().filter((box) => box.checked).forEach((box) => {
      const version = box.closest("tr").dataset.version;
      if (!version) return;
      const said = Object.assign(document.createElement("input"), { type: "hidden", name: `version.${box.value}`, value: version });
      said.dataset.versionOf = box.value;
      bar.append(said);
    });
  });
  bar.hidden = !boxes().some((box) => box.checked);
});
