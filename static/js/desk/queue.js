/** Who waits: rows most urgent first, each with one thing to do. */

import { fromTemplate, part, reconcile, say, show, text } from "./dom.js";
import { isCrisis, showEvidence, showLevel } from "./levels.js";
import { shownQueue } from "./store.js";
import { since, timeOfDay } from "./time.js";

function marks(row) {
  const result = [];
  if (row.danger) result.push(["danger", say("mark.danger")]);
  if (row.risk.doubtful) result.push(["doubt", say("mark.doubt")]);
  if (row.given_back) result.push(["given-back", say("mark.given_back")]);
  if (row.returning) result.push(["returning", say("mark.returning")]);
  if (!row.present) result.push(["away", say("mark.away")]);
  return result;
}

function facts(row) {
  const list = [say(`language.${row.language}`, {}, row.language)];
  list.push(say(`channel.${row.channel}`, {}, row.channel));
  if (row.topic) list.push(say(`topic.${row.topic}`, {}, row.topic));
  if (row.age_band) list.push(say(`age.${row.age_band}`, {}, row.age_band));
  if (row.skill && row.skill !== row.topic) list.push(say("queue.skill", { skill: say(`skill.${row.skill}`, {}, row.skill) }));
  list.push(row.written ? say("queue.written", { count: row.written }) : say("queue.nothing_written"));
  return list;
}

/** One element for each fact: lines break between facts, not inside one. */
function showFacts(element, row) {
  const list = facts(row);
  const key = list.join("|");
  if (element.dataset.facts === key) return;
  element.dataset.facts = key;
  element.replaceChildren(
    ...list.map((words) => {
      const fact = document.createElement("span");
      fact.textContent = words;
      return fact;
    }),
  );
}

function showMarks(element, row) {
  const fresh = marks(row);
  const key = fresh.map(([name]) => name).join(" ");
  if (element.dataset.marks === key) return;
  element.dataset.marks = key;
  element.replaceChildren(
    ...fresh.map(([name, words]) => {
      const mark = document.createElement("span");
      mark.className = `mark mark-${name}`;
      mark.dataset.mark = name;
      mark.textContent = words;
      return mark;
    }),
  );
}

/** Why "take the next" passes somebody over for now; nobody is kept from being taken by hand. */
function keptWords(row) {
  return row.kept ? say(`queue.kept.${row.kept}`, { language: say(`language.${row.language}`, {}, row.language) }) : "";
}

function updateRow(element, { row, takenBy }, state) {
  element.dataset.conversation = row.conversation;
  element.dataset.level = row.risk.level;
  element.classList.toggle("is-taken", Boolean(takenBy));
  element.classList.toggle("is-crisis", isCrisis(row.risk));
  showLevel(part(element, "level"), row.risk);
  text(part(element, "label"), row.label);
  const wait = part(element, "wait");
  wait.title = timeOfDay(row.since);
  since(wait, row.since);
  showMarks(part(element, "marks"), row);
  const evidence = part(element, "evidence");
  const key = JSON.stringify(row.risk.spans);
  if (evidence.dataset.spans !== key) {
    evidence.dataset.spans = key;
    showEvidence(evidence, row.risk.spans, { most: 3 });
  }
  showFacts(part(element, "facts"), row);
  const kept = part(element, "kept");
  text(kept, keptWords(row));
  show(kept, Boolean(row.kept) && !takenBy);
  const claim = part(element, "claim");
  const taken = part(element, "taken");
  show(claim, !takenBy);
  show(taken, Boolean(takenBy));
  text(taken, takenBy ? say("queue.taken_by", { name: takenBy }) : "");
  claim.setAttribute("aria-label", say("queue.claim_label", { label: row.label }));
  const off = state.duty.state !== "on" || state.link !== "open";
  claim.setAttribute("aria-disabled", String(off));
}

export class Queue {
  /**
   * @param {HTMLElement} root the element of counselor/_queue.html
   * @param {{claim: (conversation: string) => void, next: () => void}} does
   */
  constructor(root, does) {
    this.root = root;
    this.list = part(root, "rows");
    this.next = part(root, "next");
    /** The row the Tab key stops at. */
    this.current = "";
    this.next.addEventListener("click", () => does.next());
    this.list.addEventListener("click", (event) => {
      const button = event.target.closest('[data-part="claim"]');
      if (button) does.claim(button.closest("li").dataset.conversation);
    });
    this.list.addEventListener("focusin", (event) => {
      const row = event.target.closest("li");
      if (row) this.current = row.dataset.conversation;
      this.rove();
    });
    this.list.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1, Home: -1e6, End: 1e6 }[event.key];
      if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.move(step);
    });
  }

  claims() {
    return [...this.list.querySelectorAll('[data-part="claim"]:not([hidden])')];
  }

  /** One stop for the Tab key; arrows move inside. */
  rove() {
    const buttons = this.claims();
    const chosen = buttons.find((button) => button.closest("li").dataset.conversation === this.current) || buttons[0];
    for (const button of buttons) button.tabIndex = button === chosen ? 0 : -1;
    return chosen;
  }

  /** Go `step` rows on from where the focus is, or into the list. */
  move(step) {
    const buttons = this.claims();
    if (!buttons.length) return;
    const at = buttons.indexOf(document.activeElement);
    const target = at < 0 ? this.rove() : buttons[Math.min(buttons.length - 1, Math.max(0, at + step))];
    this.current = target.closest("li").dataset.conversation;
    this.rove();
    target.focus();
    target.closest("li").scrollIntoView({ block: "nearest" });
  }

  showRows(state) {
    const hadFocus = this.list.contains(document.activeElement);
    reconcile(this.list, shownQueue(state), {
      key: ({ row }) => row.conversation,
      make: () => fromTemplate("queue-row"),
      update: (element, item) => updateRow(element, item, state),
    });
    const button = this.rove();
    // The row under the hands was taken: stay in the list, on the row that is now first in reach.
    if (hadFocus && !this.list.contains(document.activeElement)) (button || this.next).focus({ preventScroll: true });
  }

  render(state, before) {
    const same =
      before &&
      state.queue === before.queue &&
      state.taken === before.taken &&
      state.duty === before.duty &&
      state.link === before.link;
    if (same) return;
    this.showRows(state);
    const off = state.duty.state !== "on";
    const more = state.queueTotal - state.queue.length;
    text(part(this.root, "count"), String(state.queueTotal));
    // Before the first word of the server, and while the line is gone, nobody knows.
    show(part(this.root, "empty"), state.link === "open" && state.queue.length === 0 && Object.keys(state.taken).length === 0);
    text(part(this.root, "more"), say("queue.more", { count: more }));
    show(part(this.root, "more"), more > 0);
    show(part(this.root, "off-duty"), off && state.link === "open");
    this.next.setAttribute("aria-disabled", String(off || state.link !== "open" || !state.queue.length));
  }
}
