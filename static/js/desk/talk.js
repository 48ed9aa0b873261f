/** One conversation: its head, its lines, and the field for a reply. */

import { atEnd, showLines, toEnd } from "./bubbles.js";
import { fromTemplate, isComposing, part, say, show, text } from "./dom.js";
import { draft, keepDraft } from "./drafts.js";
import { showLevel } from "./levels.js";
import { unread, waitingOnUs } from "./store.js";
import { since } from "./time.js";

/** Longest message, in characters as the server counts them (code points). */
const MAX_TEXT = 4000;
const NEARLY = 3600;
/** After this many seconds a wait for our answer stands out. */
const LATE_SECONDS = 120;
const TYPING_AGAIN_MS = 4000;
const TYPING_OVER_MS = 6000;

export class Talk {
  /**
   * @param {string} id the conversation
   * @param {object} does what the desk does for us: send, retry, typing, focus, putAway, withdraw, endReading
   */
  constructor(id, does) {
    this.id = id;
    this.does = does;
    this.element = fromTemplate("talk");
    this.element.dataset.conversation = id;
    this.log = part(this.element, "log");
    this.lines = part(this.element, "lines");
    this.field = part(this.element, "field");
    this.below = part(this.element, "below");
    /** Whether the reader is at the newest line: so it stays, also while nothing of this is on the screen. */
    this.follows = true;
    this.size = "";
    this.typingSaid = 0;
    this.typingTimer = 0;
    this.field.id = `reply-${id}`;
    part(this.element, "field-label").htmlFor = this.field.id;
    this.field.value = draft("reply", id);
    this.listen();
    this.measure();
  }

  listen() {
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.altKey || isComposing(event)) return;
      event.preventDefault();
      this.send();
    });
    this.field.addEventListener("input", () => {
      keepDraft("reply", this.id, this.field.value);
      this.measure();
      this.sayTyping();
    });
    this.field.addEventListener("blur", () => this.stopTyping());
    part(this.element, "form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
      this.field.focus();
    });
    this.element.addEventListener("focusin", () => this.does.focus(this.id));
    this.element.addEventListener("pointerdown", () => this.does.focus(this.id));
    this.lines.addEventListener("click", (event) => {
      const retry = event.target.closest('[data-part="retry"]');
      if (retry) this.does.retry(this.id, retry.closest("li").dataset.clientId);
    });
    this.log.addEventListener("scroll", () => this.scrolled(), { passive: true });
    // The log becomes smaller when the field grows, and has no size at all while another conversation has its column.
    new ResizeObserver(() => this.resized()).observe(this.log);
    this.below.addEventListener("click", () => toEnd(this.log));
    part(this.element, "put-away").addEventListener("click", () => this.does.putAway(this.id));
    part(this.element, "withdraw").addEventListener("click", () => this.does.withdraw(this.id));
  }

  measureLog() {
    return `${this.log.clientWidth} ${this.log.clientHeight}`;
  }

  scrolled() {
    // In a new size this may still be the echo of our own scrolling in the old one: what follows is resized().
    if (this.measureLog() !== this.size) return;
    this.follows = atEnd(this.log);
    show(this.below, !this.follows);
  }

  resized() {
    this.size = this.measureLog();
    if (!this.log.clientHeight) return;
    if (this.follows) toEnd(this.log);
    show(this.below, !atEnd(this.log));
  }

  send() {
    const words = this.field.value.trim();
    if (!words) return;
    if (Array.from(words).length > MAX_TEXT) {
      this.explain(say("error.message.too_long"));
      return;
    }
    this.does.send(this.id, words);
    this.field.value = "";
    keepDraft("reply", this.id, "");
    this.explain("");
    this.measure();
    this.stopTyping();
    this.follows = true;
    toEnd(this.log);
  }

  /** Words the server did not want come back into the field, before whatever was begun since. */
  giveBackWords(words, why) {
    this.field.value = this.field.value ? `${words}\n${this.field.value}` : words;
    keepDraft("reply", this.id, this.field.value);
    this.measure();
    this.explain(why);
  }

  explain(words) {
    const element = part(this.element, "problem");
    text(element, words);
    show(element, Boolean(words));
  }

  measure() {
    const { field } = this;
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight + 2, 180)}px`;
    const length = field.value.length > NEARLY ? Array.from(field.value).length : 0;
    const left = part(this.element, "left");
    show(left, length > NEARLY);
    text(left, length > NEARLY ? say("talk.characters", { count: length, most: MAX_TEXT }) : "");
  }

  sayTyping() {
    if (!this.field.value.trim()) {
      this.stopTyping();
      return;
    }
    const now = Date.now();
    if (now - this.typingSaid > TYPING_AGAIN_MS) {
      this.typingSaid = now;
      this.does.typing(this.id, true);
    }
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => this.stopTyping(), TYPING_OVER_MS);
  }

  stopTyping() {
    clearTimeout(this.typingTimer);
    if (this.typingSaid) this.does.typing(this.id, false);
    this.typingSaid = 0;
  }

  showHead(conversation, slot, state) {
    const { view } = conversation;
    text(part(this.element, "slot"), slot < 9 ? String(slot + 1) : "");
    text(part(this.element, "label"), view.label);
    showLevel(part(this.element, "level"), view.risk);
    const wait = part(this.element, "waiting");
    since(wait, waitingOnUs(conversation), { pattern: say("talk.waiting_on_you"), late: LATE_SECONDS });
    const count = state.focus === this.id ? 0 : unread(conversation);
    text(part(this.element, "unread"), count ? say("talk.unread", { count }) : "");
    const present = part(this.element, "presence");
    text(present, view.state === "closed" ? "" : say(view.present ? "presence.here" : "presence.away"));
    present.dataset.present = String(view.present);
    this.element.setAttribute("aria-label", say("talk.with", { label: view.label }));
    this.field.placeholder = say("talk.placeholder", { label: view.label });
    text(part(this.element, "field-label"), say("talk.field_label", { label: view.label }));
  }

  showFoot(conversation, state) {
    const { view } = conversation;
    const closed = view.state === "closed";
    show(part(this.element, "form"), !closed);
    show(part(this.element, "closed"), closed);
    if (closed) {
      const ending = say(`ending.${view.ending}`, {}, view.ending);
      text(part(this.element, "ending"), view.erased ? say("talk.erased") : say("talk.ended", { ending }));
    }
    const { handover } = view;
    const offered = Boolean(handover) && !closed;
    show(part(this.element, "handover"), offered);
    if (offered) text(part(this.element, "handover-words"), say("handover.offered", { name: handover.to_name }));
    const typing = !closed && conversation.typingUntil > Date.now();
    text(part(this.element, "typing"), typing ? say("talk.typing") : "");
    part(this.element, "send").setAttribute("aria-disabled", String(state.link === "ended"));
  }

  render(conversation, slot, state) {
    this.showHead(conversation, slot, state);
    this.showFoot(conversation, state);
    const unchanged =
      this.shown &&
      this.shown.lines === conversation.lines &&
      this.shown.pending === conversation.pending &&
      this.shown.view === conversation.view;
    if (!unchanged) {
      showLines(this.lines, conversation.lines, conversation.pending, conversation.view);
      if (this.follows) toEnd(this.log);
      show(this.below, !atEnd(this.log));
    }
    this.shown = conversation;
    this.element.classList.toggle("is-focused", state.focus === this.id);
    this.element.dataset.level = conversation.view.risk.level;
  }
}
