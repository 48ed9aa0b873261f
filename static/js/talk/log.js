/**
 * The lines of the conversation, by seq, and below them what is still on its way. A line that comes twice is shown
 * once; one's own line takes the place of its bubble. Screen readers hear new lines only, never the replay.
 */

import { say, sayEvent } from "./words.js";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const NEAR_END = 120;
const MARGIN = 16;

export function createLog({ list, scroller, speaker, retry }) {
  const bubble = document.getElementById("bubble").content.firstElementChild;
  const happening = document.getElementById("happening").content.firstElementChild;
  const pending = new Map();
  let upto = 0;
  let inSight = true;
  let size = "";

  function nearEnd() {
    return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END;
  }

  function toEnd() {
    scroller.scrollTop = scroller.scrollHeight;
  }

  function makeBubble(text, { mine, name, at, client_id = "" }) {
    const element = bubble.cloneNode(true);
    element.classList.toggle("is-mine", mine);
    element.dataset.testid = mine ? "mine" : "theirs";
    if (client_id) element.dataset.client = client_id;
    element.querySelector(".bubble-who").textContent = mine ? say("who.me") : name;
    element.querySelector(".bubble-text").textContent = text;
    const time = element.querySelector("time");
    if (at) {
      time.dateTime = at;
      time.textContent = clock.format(new Date(at));
    }
    return element;
  }

  function mark(element, state) {
    element.dataset.state = state;
    element.classList.toggle("is-failed", state === "failed");
    element.querySelector(".bubble-state").textContent = say(`bubble.${state}`);
    const button = element.querySelector(".bubble-retry");
    button.textContent = say("bubble.retry");
    button.hidden = state !== "failed";
  }

  function makeLine(line) {
    if (line.author === "system") {
      const element = happening.cloneNode(true);
      element.textContent = sayEvent(line.event);
      element.dataset.testid = "happening";
      return element;
    }
    const mine = line.author === "resident";
    const element = makeBubble(line.text, { mine, name: line.name, at: line.at, client_id: line.client_id });
    if (mine) mark(element, "sent");
    return element;
  }

  function speak(line) {
    if (line.author === "resident") return;
    const words = line.author === "system" ? sayEvent(line.event) : `${line.name}: ${line.text}`;
    const paragraph = document.createElement("span");
    paragraph.textContent = words;
    speaker.append(paragraph);
    while (speaker.childElementCount > 5) speaker.firstElementChild.remove();
  }

  function measure() {
    return `${scroller.clientWidth} ${scroller.clientHeight}`;
  }

  function scrolled() {
    // In a new size this may still be the echo of our own scrolling in the old one.
    if (measure() !== size) return;
    const { top, bottom } = scroller.getBoundingClientRect();
    const end = list.getBoundingClientRect().bottom;
    inSight = end > top && end < bottom + NEAR_END;
  }

  /** A keyboard that opens, or a phone that is turned, must not hide the words one was just reading. */
  function resized() {
    size = measure();
    const below = list.getBoundingClientRect().bottom - scroller.getBoundingClientRect().bottom;
    if (inSight && below > 0) scroller.scrollTop += below + MARGIN;
  }

  scroller.addEventListener("scroll", scrolled, { passive: true });
  scroller.addEventListener("toggle", scrolled, { capture: true });
  new ResizeObserver(resized).observe(scroller);

  list.addEventListener("click", (event) => {
    if (event.target.closest(".is-failed")) retry();
  });

  return {
    upto: () => upto,
    /** Apply lines in order. @returns false when some before them are missing, so that the page must ask. */
    apply(lines, { fresh }) {
      const stay = nearEnd();
      let complete = true;
      for (const line of lines) {
        if (line.seq <= upto) continue;
        if (line.seq !== upto + 1) {
          complete = false;
          break;
        }
        upto = line.seq;
        pending.get(line.client_id)?.remove();
        pending.delete(line.client_id);
        const element = makeLine(line);
        element.dataset.seq = line.seq;
        const first = pending.values().next().value;
        list.insertBefore(element, first ?? null);
        if (fresh) speak(line);
      }
      if (stay || !fresh) toEnd();
      return complete;
    },
    /** Show what is on its way, below everything that is kept. */
    showPending(items) {
      const wanted = new Set(items.map((item) => item.client_id));
      for (const [id, element] of pending) {
        // One that was acknowledged stays until its line comes: it must not flicker away in between.
        if (!wanted.has(id) && element.dataset.state !== "sent") {
          element.remove();
          pending.delete(id);
        }
      }
      for (const item of items) {
        if (!pending.has(item.client_id)) {
          if (list.querySelector(`[data-client="${CSS.escape(item.client_id)}"]`)) continue;
          const element = makeBubble(item.text, { mine: true, client_id: item.client_id });
          pending.set(item.client_id, element);
          list.append(element);
          toEnd();
        }
        mark(pending.get(item.client_id), item.state);
      }
    },
    /** Acknowledged: it is kept, though its line has not come back yet. */
    markSent(clientId) {
      const element = pending.get(clientId);
      if (element) mark(element, "sent");
    },
    toEnd,
  };
}
