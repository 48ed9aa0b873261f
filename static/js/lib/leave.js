/**
 * Quick exit. The page is emptied first, then what it kept, then the server is told, then a neutral page takes this
 * page's place in the history. Works without network as far as a browser can.
 */

const SHIFTS = 3;
const WITHIN_MS = 1500;

export function watchExit() {
  const form = document.querySelector("form[data-exit]");
  if (!form) return;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    leave(form);
  });
  // An open sheet takes every press beside it for itself, also one on the way out.
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof HTMLDialogElement)) return;
    const { left, right, top, bottom } = form.getBoundingClientRect();
    const { clientX: x, clientY: y } = event;
    if (x >= left && x <= right && y >= top && y <= bottom) leave(form);
  });
  let presses = [];
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Shift") {
      presses = [];
      return;
    }
    if (event.repeat) return;
    presses = [...presses.filter((at) => event.timeStamp - at < WITHIN_MS), event.timeStamp];
    if (presses.length >= SHIFTS) leave(form);
  });
}

export function forget() {
  try {
    sessionStorage.clear();
    localStorage.clear();
  } catch {
    // Storage is forbidden here, so nothing is in it.
  }
}

function leave(form) {
  const target = form.dataset.exit;
  const told = new FormData(form);
  document.dispatchEvent(new CustomEvent("leaving"));
  document.title = " ";
  document.body.replaceChildren();
  forget();
  // Without an answer in time the page goes all the same; keepalive lets the request finish by itself.
  const asked = fetch(form.action, { method: "POST", body: told, keepalive: true, redirect: "manual" }).catch(() => {});
  const late = new Promise((go) => setTimeout(go, 800));
  Promise.race([asked, late]).then(() => location.replace(target));
}
