// A box in which one types to find a record: [data-lookup=URL] with a hidden input (the id) and a text input.
// [data-eager=ID]: the first that is found is marked; Enter takes it, the only one even before it is shown, and goes on to ID.
// [data-none]: what to say when nothing is found. Tells its form: "lookup-chosen" with the record, "lookup-cleared".
const token = document.querySelector('meta[name="csrf-token"]')?.content;

const chosenEstate = (box) =>
  box.dataset.estate || box.closest("form")?.querySelector("[data-estate-source]")?.value ||
  box.closest("[data-estate]")?.dataset.estate || "";

async function find(box, text) {
  const body = new URLSearchParams({ text, estate_id: chosenEstate(box) });
  const answer = await fetch(box.dataset.lookup, {
    method: "POST", body, headers: { "X-CSRFToken": token, Accept: "application/json" },
  });
  return answer.ok ? answer.json() : [];
}

function attach(box, number) {
  const [hidden, input] = box.querySelectorAll("input");
  const list = document.createElement("ul");
  Object.assign(list, { id: `lookup-${number}`, hidden: true });
  list.setAttribute("role", "listbox");
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", list.id);
  box.append(list);
  let timer, asked = 0, active = -1, isWanted = false;
  const eager = box.dataset.eager;
  const tell = (name, detail) => hidden.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));

  const close = () => { list.hidden = true; active = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
  const goOn = () => {
    const next = document.getElementById(eager);
    (next?.querySelector("input:checked") ?? next?.querySelector("input") ?? next)?.focus();
  };
  const choose = (item) => {
    hidden.value = item.dataset.id;
    input.value = item.textContent;
    isWanted = false;
    close();
    hidden.dispatchEvent(new Event("change", { bubbles: true }));
    tell("lookup-chosen", item.record);
    if (eager) goOn();
  };
  const mark = (index) => {
    if (!list.children[0]?.record) return;
    active = (index + list.children.length) % list.children.length;
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === active)));
    input.setAttribute("aria-activedescendant", list.children[active].id);
    list.children[active].scrollIntoView({ block: "nearest" });
  };
  const show = (found) => {
    list.replaceChildren(...found.map((record, place) => {
      const { id, text } = record;
      const item = document.createElement("li");
      Object.assign(item, { id: `${list.id}-${place}`, textContent: text, record });
      item.setAttribute("role", "option");
      item.dataset.id = id;
      item.addEventListener("mousedown", (event) => { event.preventDefault(); choose(item); });
      return item;
    }));
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(found.length > 0));
    active = -1;
    if (eager && found.length) mark(0);
    if (isWanted && found.length === 1) choose(list.children[0]);
    else if (!found.length && box.dataset.none) sayNone();
    isWanted = false;
  };
  const sayNone = () => {
    const item = Object.assign(document.createElement("li"), { className: "quiet", textContent: box.dataset.none });
    list.replaceChildren(item);
    list.hidden = false;
  };

  input.addEventListener("input", () => {
    hidden.value = "";
    isWanted = false;
    asked += 1; // an answer still on its way is one to the words before
    if (eager) active = -1; // what is marked belongs to the words before
    tell("lookup-cleared");
    clearTimeout(timer);
    const text = input.value.trim();
    if (!text) return close();
    timer = setTimeout(async () => {
      const turn = ++asked;
      const found = await find(box, text);
      if (turn === asked && document.activeElement === input) show(found);
    }, 150);
  });
  const isTyped = () => eager && !hidden.value && input.value.trim();
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && isTyped() && active < 0) {
      event.preventDefault();
      isWanted = true;
    }
    if (list.hidden) return;
    if (event.key === "ArrowDown") { event.preventDefault(); mark(active + 1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); mark(active - 1); }
    else if (event.key === "Enter" && active >= 0) { event.preventDefault(); choose(list.children[active]); }
    else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) event.preventDefault(); // first choose
    else if (event.key === "Tab" && !event.shiftKey && eager && active >= 0) { event.preventDefault(); choose(list.children[active]); }
    else if (event.key === "Escape") close();
  });
  input.addEventListener("blur", close);
}

let attached = 0;
const attachAll = (part) => part.querySelectorAll("[data-lookup]").forEach((box) => attach(box, attached++));
attachAll(document);
document.addEventListener("part-added", (event) => attachAll(event.target)); // what a script brought in later
document.getElementById("faults")?.focus();
