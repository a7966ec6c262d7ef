// The progress of a run: [data-progress] names its address; with [data-works] each question also works on it for a second.
const line = document.querySelector("[data-progress]");
const bar = line?.querySelector("progress"), said = line?.querySelector("[role=status]");
const token = document.querySelector('meta[name="csrf-token"]')?.content;
const PAUSE = 400; // ms between two questions

async function ask() {
  const works = "works" in line.dataset;
  const options = works ? { method: "POST", headers: { "X-CSRFToken": token } } : {};
  const answer = await fetch(line.dataset.progress, options).catch(() => null);
  if (!answer?.ok) {
    said.textContent = line.dataset.lost;
    return;
  }
  const { done, total, text, over } = await answer.json();
  if (over) {
    window.location.reload();
    return;
  }
  if (total) {
    bar.max = total;
    bar.value = done;
  } else {
    bar.removeAttribute("value");
  }
  if (said.textContent !== text) said.textContent = text;
  setTimeout(ask, works ? PAUSE : 5 * PAUSE);
}

if (line) ask();
