/** Conversations side by side: as many columns as the place is wide, and a tab for each. */

import { fromTemplate, part, reconcile, say, show, text } from "./dom.js";
import { showLevel } from "./levels.js";
import { unread, waitingOnUs } from "./store.js";
import { Talk } from "./talk.js";
import { since } from "./time.js";

/** A column narrower than this, in CSS pixels, is no pleasure to read. */
const COLUMN_PIXELS = 330;
const MOST_COLUMNS = 3;
const LATE_SECONDS = 120;

/**
 * @param {HTMLElement} root the element of counselor/_talks.html
 * @param {object} does see Talk; also focus(conversation)
 */
export function createTalks(root, does) {
  const tabs = part(root, "tabs");
  const columns = part(root, "columns");
  const talks = new Map();
  let recent = [];
  let width = 1;
  let last = null;
  /** Where the cursor is to go as soon as that conversation is on the page. */
  let writeTo = "";

  function moveCursor() {
    const talk = writeTo && talks.get(writeTo);
    if (!talk || talk.element.hidden) return;
    writeTo = "";
    talk.field.focus();
  }

  function shownIds(state) {
    const seated = state.slots.filter((id) => id && state.conversations[id]?.view);
    recent = recent.filter((id) => seated.includes(id));
    if (state.focus && recent[0] !== state.focus) recent = [state.focus, ...recent.filter((id) => id !== state.focus)];
    for (const id of seated) if (!recent.includes(id)) recent.push(id);
    return { seated, visible: new Set(recent.slice(0, width)) };
  }

  function updateTab(element, id, state, visible) {
    const conversation = state.conversations[id];
    const slot = state.slots.indexOf(id);
    const button = part(element, "tab");
    button.dataset.conversation = id;
    button.setAttribute("aria-current", state.focus === id ? "true" : "false");
    button.classList.toggle("is-open", visible.has(id));
    text(part(element, "slot"), slot < 9 ? String(slot + 1) : "");
    showLevel(part(element, "level"), conversation.view.risk);
    text(part(element, "label"), conversation.view.label);
    const count = state.focus === id ? 0 : unread(conversation);
    const mark = part(element, "unread");
    text(mark, count ? String(count) : "");
    mark.setAttribute("aria-label", count ? say("talk.unread", { count }) : "");
    show(mark, count > 0);
    const pattern = say("talk.waiting_on_you");
    since(part(element, "waiting"), waitingOnUs(conversation), { pattern, late: LATE_SECONDS });
    show(part(element, "closed"), conversation.view.state === "closed");
  }

  function renderTabs(state, seated, visible) {
    reconcile(tabs, seated, {
      key: (id) => id,
      make: () => fromTemplate("talk-tab"),
      update: (element, id) => updateTab(element, id, state, visible),
    });
    show(tabs, seated.length > 0);
  }

  function renderColumns(state, seated, visible) {
    for (const [id, talk] of talks) {
      if (seated.includes(id)) continue;
      talk.stopTyping();
      talk.element.remove();
      talks.delete(id);
    }
    for (const id of seated) {
      if (!talks.has(id)) talks.set(id, new Talk(id, does));
    }
    reconcile(columns, seated, {
      key: (id) => id,
      make: (id) => talks.get(id).element,
      update(element, id) {
        show(element, visible.has(id));
        talks.get(id).render(state.conversations[id], state.slots.indexOf(id), state);
      },
    });
  }

  function render(state) {
    last = state;
    const { seated, visible } = shownIds(state);
    renderTabs(state, seated, visible);
    renderColumns(state, seated, visible);
    show(part(root, "empty"), seated.length === 0);
    columns.dataset.columns = String(Math.min(width, Math.max(1, visible.size)));
    moveCursor();
  }

  function write(id) {
    writeTo = id;
    // After the drawing that may already be on its way.
    queueMicrotask(moveCursor);
  }

  tabs.addEventListener("click", (event) => {
    const tab = event.target.closest('[data-part="tab"]');
    if (!tab) return;
    does.focus(tab.dataset.conversation);
    write(tab.dataset.conversation);
  });

  new ResizeObserver(() => {
    const fits = Math.max(1, Math.min(MOST_COLUMNS, Math.floor(columns.clientWidth / COLUMN_PIXELS)));
    if (fits === width) return;
    width = fits;
    if (last) render(last);
  }).observe(columns);

  return {
    render,
    get: (id) => talks.get(id),
    /** Put the cursor where one answers. */
    write,
  };
}
