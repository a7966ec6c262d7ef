// Leaving a form that holds unsaved words asks first: [data-guard].
document.querySelectorAll("form[data-guard]").forEach((form) => {
  const state = () => new URLSearchParams(new FormData(form)).toString();
  const before = state();
  let sending = false;
  form.addEventListener("submit", () => { sending = true; });
  window.addEventListener("beforeunload", (event) => { if (!sending && state() !== before) event.preventDefault(); });
});
