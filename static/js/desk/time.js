/** Waits as m:ss (h:mm:ss beyond an hour) and times of day. `offset` is server time minus page time in milliseconds. */

export function elapsed(iso, offset, now = Date.now()) {
  const begun = Date.parse(iso);
  return Number.isNaN(begun) ? 0 : Math.max(0, Math.floor((now + offset - begun) / 1000));
}

export function clock(seconds) {
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

const hm = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** Time of day as hh:mm; "" when it cannot be read. */
export function timeOfDay(iso) {
  const moment = new Date(iso);
  return Number.isNaN(moment.getTime()) ? "" : hm.format(moment);
}

/**
 * Elements that count up by themselves: whoever calls `since(element, iso)` need not redraw it each second.
 * One timer for all; elements that left the document are forgotten.
 */
const running = new Map();
let timer = 0;
let currentOffset = 0;

export function setOffset(offset) {
  currentOffset = offset;
}

function write(element, entry) {
  const seconds = elapsed(entry.iso, currentOffset);
  const text = entry.pattern.replace("{time}", clock(seconds));
  if (element.textContent !== text) element.textContent = text;
  if (entry.late) element.classList.toggle("is-late", seconds >= entry.late);
}

function tick() {
  for (const [element, entry] of running) {
    if (element.isConnected) write(element, entry);
    else running.delete(element);
  }
}

/** Let `element` show the time since `iso`, in `pattern` ("waiting on you {time}"); `late`: seconds until is-late. */
export function since(element, iso, { pattern = "{time}", late = 0 } = {}) {
  if (!iso) {
    running.delete(element);
    if (element.textContent) element.textContent = "";
    element.classList.remove("is-late");
    return;
  }
  const entry = { iso, pattern, late };
  running.set(element, entry);
  write(element, entry);
  if (!timer) timer = setInterval(tick, 1000);
}
