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
  // The head of the conversation says what is counted; here there is room for the time alone.
  since(part(element, "waiting"), waitingOnUs(conversation), { late: LATE_SECONDS });
  show(part(element, "closed"), conversation.view.state === "closed");
}

export class Talks {
  /**
   * @param {HTMLElement} root the element of counselor/_talks.html
   * @param {object} does see Talk; also focus(conversation)
   */
  constructor(root, does) {
    this.root = root;
    this.does = does;
    this.tabs = part(root, "tabs");
    this.columns = part(root, "columns");
    this.talks = new Map();
    /** Conversations by when they were last under the hands; as many of them are shown as there are columns. */
    this.recent = [];
    this.width = 1;
    this.last = null;
    /** Where the cursor is to go as soon as that conversation is on the page. */
    this.writeTo = "";
    this.tabs.addEventListener("click", (event) => {
      const tab = event.target.closest('[data-part="tab"]');
      if (!tab) return;
      does.focus(tab.dataset.conversation);
      this.write(tab.dataset.conversation);
    });
    new ResizeObserver(() => this.measure()).observe(this.columns);
  }

  get(id) {
    return this.talks.get(id);
  }

  /** Put the cursor where one answers, after the drawing that may already be on its way. */
  write(id) {
    this.writeTo = id;
    queueMicrotask(() => this.moveCursor());
  }

  moveCursor() {
    const talk = this.writeTo && this.talks.get(this.writeTo);
    if (!talk || talk.element.hidden) return;
    this.writeTo = "";
    talk.field.focus();
  }

  measure() {
    const fits = Math.max(1, Math.min(MOST_COLUMNS, Math.floor(this.columns.clientWidth / COLUMN_PIXELS)));
    if (fits === this.width) return;
    this.width = fits;
    if (this.last) this.render(this.last);
  }

  /** Which conversations fill the columns: those used last. */
  choose(state, seated) {
    const { focus } = state;
    const known = this.recent.filter((id) => seated.includes(id) && id !== focus);
    const fresh = seated.filter((id) => id !== focus && !known.includes(id));
    this.recent = [...(focus ? [focus] : []), ...known, ...fresh];
    return new Set(this.recent.slice(0, this.width));
  }

  showColumns(state, seated, visible) {
    for (const [id, talk] of this.talks) {
      if (seated.includes(id)) continue;
      talk.stopTyping();
      talk.element.remove();
      this.talks.delete(id);
    }
    for (const id of seated) if (!this.talks.has(id)) this.talks.set(id, new Talk(id, this.does));
    reconcile(this.columns, seated, {
      key: (id) => id,
      make: (id) => this.talks.get(id).element,
      update: (element, id) => {
        show(element, visible.has(id));
        this.talks.get(id).render(state.conversations[id], state.slots.indexOf(id), state);
      },
    });
  }

  render(state) {
    this.last = state;
    const seated = state.slots.filter((id) => id && state.conversations[id]?.view);
    const visible = this.choose(state, seated);
    reconcile(this.tabs, seated, {
      key: (id) => id,
      make: () => fromTemplate("talk-tab"),
      update: (element, id) => updateTab(element, id, state, visible),
    });
    show(this.tabs, seated.length > 0);
    this.showColumns(state, seated, visible);
    show(part(this.root, "empty"), seated.length === 0);
    this.columns.dataset.columns = String(Math.min(this.width, Math.max(1, visible.size)));
    this.moveCursor();
  }
}
