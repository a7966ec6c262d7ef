// The columns of a list in their order, ol[data-columns]: moved by buttons or dragged; the form sends them as they stand.
function start(list) {
  const say = list.parentElement.querySelector("[data-column-said]");
  const told = (item) => {
    const place = [...list.children].indexOf(item) + 1;
    say.textContent = list.dataset.moved.replace("{0}", item.querySelector("label").textContent.trim()).replace("{1}", place);
  };
  list.querySelectorAll(".moves").forEach((moves) => { moves.hidden = false; });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    const item = button.closest("li");
    const other = button.dataset.move === "1" ? item.nextElementSibling : item.previousElementSibling;
    if (!other) return;
    if (button.dataset.move === "1") other.after(item); else other.before(item);
    button.focus();
    told(item);
  });
  let dragged = null;
  [...list.children].forEach((item) => { item.draggable = true; });
  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("li");
    dragged.classList.add("is-dragged");
    event.dataTransfer.effectAllowed = "move";
  });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest("li");
    if (!dragged || !over || over === dragged) return;
    event.preventDefault();
    const { top, height } = over.getBoundingClientRect();
    if (event.clientY < top + height / 2) over.before(dragged); else over.after(dragged);
  });
  list.addEventListener("drop", (event) => event.preventDefault());
  list.addEventListener("dragend", () => {
    if (!dragged) return;
    dragged.classList.remove("is-dragged");
    told(dragged);
    dragged = null;
  });
}

const startAll = (part) => part.querySelectorAll("[data-columns]").forEach(start);
startAll(document);
document.addEventListener("part-added", (event) => startAll(event.target));
