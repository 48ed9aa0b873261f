/** Sound, title and notices: that somebody waits, never who or what they wrote. */

import { say } from "./dom.js";
import { isCrisis, rank } from "./levels.js";
import { somebodyMayBeInDanger, somebodyWaits } from "./sounds.js";
import { unread } from "./store.js";

/** The danger tone comes back after this many milliseconds until somebody takes the person. */
const AGAIN_MS = 8000;

/** How many conversations have unread words, and how many people wait. */
export function tally(state) {
  const talking = Object.values(state.conversations).filter((one) => state.slots.includes(one.id) && unread(one)).length;
  return { talking, waiting: state.duty.state === "on" ? state.queueTotal : 0 };
}

export function inDanger(state) {
  return state.duty.state === "on" && state.queue.some((row) => isCrisis(row.risk));
}

/** Whether somebody whom one talks with came into danger just now, by their words; one's own decision needs no alarm. */
export function cameIntoDanger(state, before) {
  return state.slots.some((id) => {
    const now = state.conversations[id]?.view?.risk;
    const then = before.conversations[id]?.view?.risk;
    const byWords = now && (now.source === "triage" || now.source === "declared");
    return Boolean(byWords && then && isCrisis(now) && rank(now.level) > rank(then.level));
  });
}

export function mayNotify() {
  return "Notification" in window && Notification.permission === "granted";
}

function notify(words, tag) {
  if (!mayNotify() || document.hasFocus()) return;
  try {
    const notice = new Notification(document.querySelector(".bar-site").textContent, { body: words, tag, silent: true });
    notice.addEventListener("click", () => {
      window.focus();
      notice.close();
    });
  } catch {
    // Some browsers allow notices only from a service worker: the title and the tone remain.
  }
}

export function createAlerts() {
  const plainTitle = document.title;
  let timer = 0;

  function repeatDanger(on) {
    if (on && !timer) {
      somebodyMayBeInDanger();
      timer = setInterval(somebodyMayBeInDanger, AGAIN_MS);
    }
    if (!on && timer) {
      clearInterval(timer);
      timer = 0;
    }
  }

  return function render(state, before) {
    const { talking, waiting } = tally(state);
    const count = talking + waiting;
    const title = count ? `(${count}) ${plainTitle}` : plainTitle;
    if (document.title !== title) document.title = title;
    const danger = inDanger(state);
    repeatDanger(danger);
    if (!before) return;
    const known = new Set(before.queue.map((row) => row.conversation));
    const fresh = state.duty.state === "on" && state.queue.some((row) => !known.has(row.conversation));
    if (state.queue !== before.queue && fresh) {
      if (!danger) somebodyWaits();
      notify(say("notice.waits"), "queue");
    }
    if (cameIntoDanger(state, before)) {
      somebodyMayBeInDanger();
      notify(say("notice.danger"), "danger");
    } else if (talking > tally(before).talking) {
      if (!document.hasFocus()) somebodyWaits();
      notify(say("notice.wrote"), "talk");
    }
  };
}
