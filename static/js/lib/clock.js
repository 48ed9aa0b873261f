/**
 * Timers that keep their time in a page that nobody looks at. There browsers let a window's own timers go off once a
 * second, and after some minutes once a minute; those of a dedicated worker are left alone until the page is frozen.
 * Both are set, and the first that goes off counts: where a worker is missing, refused or late, the window's remain.
 */

const timers = new Map();
let last = 0;
const worker = hire();

/** At once, and not when the page is hidden first: by then there may be no network to fetch it with. */
function hire() {
  try {
    const one = new Worker(new URL("./ticker.js", import.meta.url));
    one.addEventListener("message", ({ data: id }) => ring(id));
    return one;
  } catch {
    return null;
  }
}

/** A page that is looked at needs no worker, and spares itself the messages. */
function entrust(id) {
  const timer = timers.get(id);
  if (!worker || !document.hidden) return;
  timer.entrusted = true;
  worker.postMessage({ id, wait: Math.max(0, timer.at - performance.now()) });
}

function ring(id) {
  const act = timers.get(id)?.act;
  cancel(id);
  act?.();
}

/**
 * Do something once, in so many milliseconds.
 * @returns {number} for cancel(); never 0
 */
export function after(milliseconds, act) {
  last += 1;
  const id = last;
  timers.set(id, { act, at: performance.now() + milliseconds, own: setTimeout(() => ring(id), milliseconds) });
  entrust(id);
  return id;
}

/** What has gone off, or never was (0), is passed over. */
export function cancel(id) {
  const timer = timers.get(id);
  if (!timer) return;
  timers.delete(id);
  clearTimeout(timer.own);
  if (timer.entrusted) worker.postMessage({ id });
}

document.addEventListener("visibilitychange", () => {
  for (const id of timers.keys()) entrust(id);
});
