// Find anything: Ctrl+K. Groups of records from the server, pages from the menu; arrows, Enter, Escape.
const dialog = document.getElementById("palette");
if (dialog) {
  const input = dialog.querySelector("input"), found = dialog.querySelector("[role=listbox]"), say = dialog.querySelector("[role=status]");
  const token = document.querySelector('meta[name="csrf-token"]').content;
  let timer, asked = 0, active = -1;
  const options = () => [...found.querySelectorAll("[role=option]")];
  const pages = () => [...document.querySelectorAll("#menu li a")].map((link) => ({ title: link.querySelector("span").textContent, url: link.href }));

  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    element.append(...children);
    return element;
  };
  const mark = (index) => {
    const all = options();
    if (!all.length) return;
    active = (index + all.length) % all.length;
    all.forEach((option, place) => option.setAttribute("aria-selected", String(place === active)));
    input.setAttribute("aria-activedescendant", all[active].id);
    all[active].scrollIntoView({ block: "nearest" });
  };
  const go = (option, event) => {
    if (event?.ctrlKey || event?.metaKey) window.open(option.dataset.url, "_blank", "noopener");
    else { dialog.close(); window.location.assign(option.dataset.url); }
  };
  const optionOf = (item, id) => {
    const option = make("div", { role: "option", id, "data-url": item.url, "aria-selected": "false" }, make("span", {}, item.title));
    if (item.detail) option.append(make("small", {}, item.detail));
    option.addEventListener("mousedown", (event) => event.preventDefault());
    option.addEventListener("click", (event) => go(option, event));
    return option;
  };
  const show = (groups, isAnswer) => {
    let number = 0;
    const kept = groups.filter((group) => group.items.length);
    found.replaceChildren(...kept.map((group, place) => make("div", { role: "group", "aria-labelledby": `palette-${place}` },
      make("div", { class: "drop-label", id: `palette-${place}`, role: "presentation" }, group.label),
      ...group.items.map((item) => optionOf(item, `palette-option-${number++}`)))));
    active = -1;
    input.setAttribute("aria-expanded", String(number > 0));
    input.removeAttribute("aria-activedescendant");
    say.textContent = number || !isAnswer ? "" : dialog.dataset.none;
    mark(0);
  };
  const pagesLike = (text) => {
    const words = text.toLowerCase(), place = (page) => page.title.toLowerCase().indexOf(words);
    const fitting = pages().filter((page) => place(page) >= 0).sort((one, other) => words && (place(one) - place(other) || one.title.length - other.title.length));
    return { label: dialog.dataset.pages, items: fitting.slice(0, words ? 5 : 40) };
  };
  const ask = async (text) => {
    const turn = ++asked;
    const answer = await fetch(dialog.dataset.url, {
      method: "POST", body: new URLSearchParams({ text }), headers: { "X-CSRFToken": token, Accept: "application/json" },
    }).catch(() => null);
    if (turn !== asked) return;
    const groups = answer?.ok ? (await answer.json()).groups : [];
    show([...groups, pagesLike(text)], true);
    if (!answer?.ok) say.textContent = dialog.dataset.fault;
  };
  const change = () => {
    clearTimeout(timer);
    const text = input.value.trim();
    if (!text) { asked++; return show([pagesLike("")], false); }
    timer = setTimeout(() => ask(text), 150);
  };
  const start = () => {
    if (dialog.open) return;
    document.querySelectorAll("[popover]:popover-open").forEach((menu) => menu.hidePopover());
    dialog.showModal();
    input.select();
    change();
  };

  input.addEventListener("input", change);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") { event.preventDefault(); mark(active + 1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); mark(active - 1); }
    else if (event.key === "Enter" && active >= 0) { event.preventDefault(); go(options()[active], event); }
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.querySelectorAll("[data-find-anything]").forEach((button) => button.addEventListener("click", start));
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); start(); }
  });
}
