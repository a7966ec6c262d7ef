// Menus that open under a button: details.drop and details.ask close by Escape, and by a click or a tab elsewhere.
const open = () => document.querySelectorAll("details.drop[open], details.ask[open]");
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  open().forEach((menu) => {
    const hadFocus = menu.contains(document.activeElement);
    menu.open = false;
    if (hadFocus) menu.querySelector("summary").focus();
  });
});
// A card that would stand out beyond the page opens towards its other side.
document.addEventListener("toggle", (event) => {
  const card = event.target.querySelector(":scope > .ask-card");
  if (!card || !event.target.open) return;
  card.classList.remove("at-end");
  card.classList.toggle("at-end", card.getBoundingClientRect().right > document.documentElement.clientWidth);
}, true);
["pointerdown", "focusin"].forEach((happening) => document.addEventListener(happening, (event) => {
  document.querySelectorAll("details.drop[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
}));
