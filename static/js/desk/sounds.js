/** Two soft tones: somebody waits; somebody may be in danger. Made here, no file to load. */

let context = null;
const KEY = "desk.muted";

/** Browsers let a page sound only after a key or a click: call this from one. */
export function wake() {
  try {
    context ??= new AudioContext();
    if (context.state === "suspended") context.resume();
  } catch {
    context = null;
  }
}

export function canSound() {
  return Boolean(context) && context.state === "running";
}

export function isMuted() {
  try {
    return localStorage.getItem(KEY) === "1";
  } catch {
    return false;
  }
}

export function setMuted(muted) {
  try {
    localStorage.setItem(KEY, muted ? "1" : "0");
  } catch {
    // Remembered for this page only by whoever shows the switch.
  }
}

/** One soft note: a sine that swells in 40 ms and fades. `hertz` pitch, `delay` and `length` in seconds. */
function note(hertz, delay, length, loudness) {
  const begin = context.currentTime + delay;
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.type = "sine";
  oscillator.frequency.value = hertz;
  gain.gain.setValueAtTime(0.0001, begin);
  gain.gain.exponentialRampToValueAtTime(loudness, begin + 0.04);
  gain.gain.exponentialRampToValueAtTime(0.0001, begin + length);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(begin);
  oscillator.stop(begin + length + 0.05);
}

export function somebodyWaits() {
  if (isMuted() || !canSound()) return;
  note(523.25, 0, 0.6, 0.08);
}

export function somebodyMayBeInDanger() {
  if (isMuted() || !canSound()) return;
  note(440, 0, 0.5, 0.14);
  note(587.33, 0.28, 0.8, 0.14);
}
