// The work on a run of the import: [data-run-work] names where to ask how far it is, data-then where to go when it is over.
const PAUSE = 700, LONG_PAUSE = 3000; // ms between two questions

async function ask(work) {
  if (!work.isConnected) return;
  const answer = await fetch(work.dataset.runWork).catch(() => null);
  if (!answer?.ok) {
    say(work, "phase", work.dataset.lost);
    setTimeout(ask, LONG_PAUSE, work);
    return;
  }
  const { phase, figures, done, total, waiting, broken, over } = await answer.json();
  if (over) {
    window.location.replace(work.dataset.then);
    return;
  }
  const bar = work.querySelector("progress");
  if (total) {
    bar.max = total;
    bar.value = done;
  } else {
    bar.removeAttribute("value");
  }
  say(work, "phase", phase);
  say(work, "figures", figures);
  work.querySelector("[data-waiting]").hidden = !waiting;
  work.querySelector("[data-broken]").hidden = !broken;
  setTimeout(ask, PAUSE, work);
}

// Said again only when it changed: the phase is read out.
function say(work, what, text) {
  const place = work.querySelector(`[data-${what}]`);
  if (place.textContent !== text) place.textContent = text;
}

function begin() {
  const work = document.querySelector("[data-run-work]:not([data-is-asked])");
  if (!work) return;
  work.dataset.isAsked = "";
  setTimeout(ask, PAUSE / 2, work);
}

document.addEventListener("part-added", begin);
begin();
