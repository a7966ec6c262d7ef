// Edit in the cell: tr[data-id][data-version] > [data-editable][data-column]. Double-click, Enter or F2 opens, Enter saves,
// Esc leaves it, Tab saves and goes on; arrows walk the cells, of which one is in the order of tabs. Texts: [data-cell-texts].
const texts = document.querySelector("[data-cell-texts]");
const token = document.querySelector('meta[name="csrf-token"]')?.content;
const CELL = "tr[data-id] > [data-editable]";
const cells = () => [...document.querySelectorAll(CELL)].filter((cell) => cell.checkVisibility?.() ?? true);
const addressOf = (row) => `${row.querySelector("th a[href]").getAttribute("href")}cell`;
const columnsOf = (row) => [...row.querySelectorAll("[data-column]")].map((cell) => cell.dataset.column).join(",");
const say = (text) => { texts.textContent = ""; setTimeout(() => { texts.textContent = text; }, 50); };
let editing = null, opening = false;

function rove(cell) {
  document.querySelectorAll(`${CELL}[tabindex="0"]`).forEach((other) => { other.tabIndex = -1; });
  if (cell) cell.tabIndex = 0;
}
const focus = (cell) => { if (cell) { rove(cell); cell.focus(); } };
const cellOf = (row, column) => row.querySelector(`[data-editable][data-column="${CSS.escape(column)}"]`);
function next(cell, step) {
  const all = cells();
  return all[all.indexOf(cell) + step];
}

// The cells of the row as the server shows them now; the one that is being edited is left alone.
function show(row, answer, leave) {
  row.dataset.version = answer.version;
  const part = document.createElement("template");
  part.innerHTML = answer.row;
  part.content.querySelectorAll("[data-column]").forEach((fresh) => {
    const old = row.querySelector(`[data-column="${CSS.escape(fresh.dataset.column)}"]`);
    if (!old || old === leave || old === editing?.cell) return;
    fresh.tabIndex = old.tabIndex;
    if (!fresh.matches("[data-editable]")) fresh.removeAttribute("tabindex");
    old.replaceWith(fresh);
  });
}

async function open(cell) {
  const row = cell.closest("tr"), column = cell.dataset.column;
  await editing?.saving; // the one before, left by this
  if (editing || opening) return;
  opening = true;
  cell = cellOf(row, column);
  cell.setAttribute("aria-busy", "true");
  const answer = await fetch(`${addressOf(row)}?column=${encodeURIComponent(column)}`, { headers: { "X-Fragment": "yes" } }).catch(() => null);
  cell.removeAttribute("aria-busy");
  opening = false;
  if (!answer?.ok || answer.redirected) return say(texts.dataset.closed);
  editing = new Editor(cell, row, column, await answer.text());
}

class Editor {
  constructor(cell, row, column, html) {
    Object.assign(this, { cell, row, column, before: [...cell.childNodes], busy: false, tried: null, listed: false });
    cell.replaceChildren();
    cell.innerHTML = html;
    cell.classList.add("is-edited");
    this.form = cell.querySelector("form");
    this.form.dispatchEvent(new CustomEvent("part-added", { bubbles: true }));
    this.control = this.form.querySelector("select, textarea, input:not([type=hidden])");
    this.first = this.state();
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.save(); });
    this.form.querySelector("[data-cancel]").addEventListener("click", () => this.leave());
    this.form.addEventListener("keydown", () => { this.listed = !!this.form.querySelector("[role=listbox]:not([hidden])"); }, true);
    this.form.addEventListener("keydown", (event) => this.key(event));
    this.form.addEventListener("focusout", (event) => this.left(event));
    this.control.focus();
    this.control.select?.();
  }
  state() { return new URLSearchParams(new FormData(this.form)).toString(); }
  key(event) {
    event.stopPropagation(); // the table's own keys are not meant
    if (event.defaultPrevented || event.isComposing) return;
    if (event.key === "Escape") { event.preventDefault(); if (!this.listed) this.leave(); }
    else if (event.key === "Enter" && !event.target.matches("button, textarea")) { event.preventDefault(); this.save(); }
    else if (event.key === "Tab" && !this.tried && !event.target.matches("button")) { event.preventDefault(); this.save(event.shiftKey ? -1 : 1); }
  }
  left(event) {
    if (this.busy || editing !== this || !document.hasFocus() || this.form.contains(event.relatedTarget)) return;
    const state = this.state();
    if (state === this.first) this.close(false);
    else if (state !== this.tried) this.save(0, false);
  }
  // Back to what stood there.
  leave() { this.close(true); }
  close(hasFocus, step = 0) {
    if (editing !== this) return;
    editing = null;
    this.cell.classList.remove("is-edited");
    this.cell.replaceChildren(...this.before);
    this.goOn(hasFocus, step);
  }
  goOn(hasFocus, step) {
    const here = cellOf(this.row, this.column);
    if (step) { const wanted = next(here, step) ?? here; focus(wanted); if (wanted !== here) open(wanted); }
    else if (hasFocus) focus(here);
  }
  save(step = 0, hasFocus = true) {
    if (!this.busy) this.saving = this.send(step, hasFocus);
    return this.saving;
  }
  async send(step, hasFocus) {
    const state = this.state();
    if (state === this.first && !this.newer) return this.close(hasFocus, step);
    this.busy = true;
    this.form.setAttribute("aria-busy", "true");
    const body = new URLSearchParams(state);
    body.set("column", this.column);
    body.set("columns", columnsOf(this.row));
    body.set("version", this.row.dataset.version);
    const headers = { "X-CSRFToken": token, Accept: "application/json" };
    const answer = await fetch(addressOf(this.row), { method: "POST", body, headers }).catch(() => null);
    const said = answer?.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : {};
    this.busy = false;
    this.form.removeAttribute("aria-busy");
    if (answer?.ok && said.row !== undefined) return this.saved(said, hasFocus, step);
    this.tried = state;
    if (said.meanwhile) this.beaten(said);
    else this.fault(said.fault ?? said.error ?? texts.dataset.fault);
  }
  saved(said, hasFocus, step) {
    editing = null;
    show(this.row, said);
    say(texts.dataset.saved);
    this.goOn(hasFocus, step);
  }
  fault(...sentences) {
    this.form.querySelector("#cell-fault").replaceChildren(...sentences.map((text) => Object.assign(document.createElement("p"), { textContent: text })));
    this.control.setAttribute("aria-invalid", "true");
    this.control.focus();
  }
  // Somebody was faster: what they changed, and the choice to take theirs or to save against it.
  beaten(said) {
    show(this.row, said, this.cell);
    const part = document.createElement("template");
    part.innerHTML = said.row;
    this.before = [...(part.content.querySelector(`[data-column="${CSS.escape(this.column)}"]`)?.childNodes ?? this.before)];
    this.newer = true;
    this.tried = null;
    this.form.querySelector("[data-save]").hidden = true;
    this.form.querySelector("[data-save-anyway]").hidden = false;
    this.fault(texts.dataset.beaten, ...said.meanwhile);
    this.tried = this.state();
  }
}

if (texts) {
  rove(cells()[0]);
  document.addEventListener("dblclick", (event) => {
    const cell = event.target.closest(CELL);
    if (cell && !event.target.closest("form, a")) open(cell);
  });
  document.addEventListener("focusin", (event) => { if (event.target.matches(CELL)) rove(event.target); });
  document.addEventListener("keydown", (event) => {
    const cell = event.target;
    if (!cell.matches?.(CELL) || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const below = (row, way) => { let found = row[way]; while (found && !cellOf(found, cell.dataset.column)) found = found[way]; return found; };
    const row = cell.closest("tr");
    const keys = {
      Enter: () => open(cell),
      F2: () => open(cell),
      ArrowRight: () => focus(next(cell, 1)),
      ArrowLeft: () => focus(next(cell, -1)),
      ArrowDown: () => { const found = below(row, "nextElementSibling"); if (found) focus(cellOf(found, cell.dataset.column)); },
      ArrowUp: () => { const found = below(row, "previousElementSibling"); if (found) focus(cellOf(found, cell.dataset.column)); },
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  // On a card a pencil shows which cells can be edited; a tap on one of them opens it.
  const pencil = document.querySelector("template[data-pencil]");
  document.querySelectorAll("tr[data-id]").forEach((row) => {
    if (!pencil || !row.querySelector("[data-editable]")) return;
    row.querySelector("th").append(pencil.content.cloneNode(true));
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-edit-card]");
    if (button) {
      const isOn = button.closest("tr").classList.toggle("is-editable");
      button.setAttribute("aria-pressed", String(isOn));
      return;
    }
    const cell = event.target.closest(`tr.is-editable > [data-editable]`);
    if (!cell || event.target.closest("form")) return;
    event.preventDefault();
    open(cell);
  });
}
