// form[data-upload]: a file may be dropped on it; it is sent with a bar that shows how far it is. Without this script it
// is a plain form. Texts and the limit: data-* of the form.
const form = document.querySelector("form[data-upload]");

function prepare() {
  const input = form.querySelector("input[type=file]"), zone = form.querySelector(".drop-zone");
  const name = form.querySelector("[data-chosen-file]");
  const place = form.querySelector("[data-upload-progress]"), bar = place.querySelector("progress"), said = place.querySelector("[role=status]");
  const size = (bytes) => (bytes >= 1048576 ? `${(bytes / 1048576).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1024))} kB`);

  function fault(text) {
    let box = document.getElementById("faults");
    if (!box) {
      box = Object.assign(document.createElement("div"), { id: "faults", className: "alert alert-danger", tabIndex: -1 });
      box.setAttribute("role", "alert");
      form.closest(".columns").before(box);
    }
    box.textContent = text;
    box.focus();
  }
  const tooLarge = () => (input.files[0]?.size ?? 0) > Number(form.dataset.limit);
  function show() {
    const file = input.files[0];
    name.hidden = !file;
    name.textContent = file ? `${file.name} · ${size(file.size)}` : "";
    zone.classList.toggle("has-file", !!file);
    if (tooLarge()) fault(form.dataset.tooLarge);
    else document.getElementById("faults")?.remove();
  }
  input.addEventListener("change", show);
  window.addEventListener("pageshow", () => { if (input.files.length) show(); });

  let depth = 0;
  const holdsFile = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const lit = (isOver) => zone.classList.toggle("is-over", isOver);
  document.addEventListener("dragenter", (event) => { if (holdsFile(event)) { depth += 1; lit(true); } });
  document.addEventListener("dragleave", (event) => { if (holdsFile(event)) { depth = Math.max(0, depth - 1); lit(depth > 0); } });
  document.addEventListener("dragover", (event) => { if (holdsFile(event)) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    depth = 0;
    lit(false);
    if (!event.dataTransfer.files.length) return;
    const one = new DataTransfer();
    one.items.add(event.dataTransfer.files[0]);
    input.files = one.files;
    show();
    form.querySelector("select").focus();
  });

  function ready(isBusy) {
    form.querySelectorAll("button").forEach((button) => { button.disabled = isBusy; });
    place.hidden = !isBusy;
  }
  function answered(request) {
    if (request.status === 200 && request.responseURL) return window.location.assign(request.responseURL);
    ready(false);
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    fault(page.querySelector("#faults, main p.lead, main h1")?.textContent.trim() || form.dataset.lost);
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!input.files.length) return fault(form.dataset.none);
    if (tooLarge()) return fault(form.dataset.tooLarge);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.value = (loaded / total) * 100;
      if (loaded < total) said.textContent = `${form.dataset.sending} ${size(loaded)} / ${size(total)}`;
    });
    request.upload.addEventListener("load", () => { bar.removeAttribute("value"); said.textContent = form.dataset.reading; });
    request.addEventListener("load", () => answered(request));
    request.addEventListener("error", () => { ready(false); fault(form.dataset.lost); });
    ready(true);
    bar.value = 0;
    said.textContent = form.dataset.sending;
    request.send(new FormData(form));
  });
}

if (form) prepare();
