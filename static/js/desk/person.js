/** The person: level and why, what is known, private notes, and what can be done. Notes live here and only here. */

import { part, reconcile, say, show, text } from "./dom.js";
import { showEvidence, showLevel, sourceWords } from "./levels.js";
import { createNoteField, showNotesAtEnd } from "./notes.js";
import { timeOfDay } from "./time.js";

const FACTS = [
  ["language", (view) => say(`language.${view.language}`, {}, view.language)],
  ["channel", (view) => say(`channel.${view.channel}`, {}, view.channel)],
  ["topic", (view) => view.topic && say(`topic.${view.topic}`, {}, view.topic)],
  ["age", (view) => view.age_band && say(`age.${view.age_band}`, {}, view.age_band)],
  ["mood", (view) => moodWords(view)],
  ["since", (view) => timeOfDay(view.since)],
  ["holder", (view) => (view.mine ? "" : view.holder)],
];

function moodWords(view) {
  const before = view.mood_before ? say(`mood.${view.mood_before}`) : "";
  const after = view.mood_after ? say(`mood.${view.mood_after}`) : "";
  return before && after ? `${before} → ${after}` : before || after;
}

export function showFacts(list, view) {
  const rows = FACTS.map(([name, words]) => [name, words(view)]).filter(([, words]) => words);
  const key = JSON.stringify(rows);
  if (list.dataset.shown === key) return;
  list.dataset.shown = key;
  list.replaceChildren(
    ...rows.map(([name, words]) => {
      const row = document.createElement("div");
      const term = document.createElement("dt");
      term.textContent = say(`fact.${name}`);
      const value = document.createElement("dd");
      value.textContent = words;
      value.dataset.fact = name;
      row.append(term, value);
      return row;
    }),
  );
}

export function showRisk(root, risk) {
  root.dataset.level = risk.level;
  showLevel(part(root, "level"), risk);
  text(part(root, "source"), sourceWords(risk));
  const reason = part(root, "reason");
  text(reason, risk.reason);
  show(reason, Boolean(risk.reason));
  const evidence = part(root, "evidence");
  const key = JSON.stringify(risk.spans);
  if (evidence.dataset.spans !== key) {
    evidence.dataset.spans = key;
    showEvidence(evidence, risk.spans);
  }
  show(part(root, "no-evidence"), risk.spans.length === 0);
}

function showEarlier(root, view) {
  reconcile(part(root, "earlier"), view.earlier, {
    key: (id) => id,
    make(id) {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button button-quiet";
      button.dataset.earlier = id;
      button.dataset.testid = "earlier-open";
      item.append(button);
      return item;
    },
    update(item, id) {
      text(item.firstElementChild, say("earlier.one", { number: view.earlier.indexOf(id) + 1 }));
    },
  });
  show(part(root, "earlier-box"), view.earlier.length > 0);
}

function showView(root, view) {
  text(part(root, "label"), view.label);
  show(part(root, "danger"), view.danger);
  showRisk(part(root, "risk"), view.risk);
  showFacts(part(root, "facts"), view);
  showNotesAtEnd(part(root, "notes"), view.notes);
  show(part(root, "no-notes"), view.notes.length === 0);
  show(part(root, "help-asked"), view.help_asked);
  showEarlier(root, view);
  // What is over can be read, not changed.
  show(part(root, "actions"), view.state === "active");
  show(part(root, "note-form"), view.state === "active");
}

/**
 * @param {HTMLElement} root the element of counselor/_person.html
 * @param {object} does note(conversation, text) -> Promise<string>, act(name), readEarlier(conversation, title)
 */
export function createPerson(root, does) {
  const field = createNoteField(root, "note", does.note);
  let shown = null;

  root.addEventListener("click", (event) => {
    const action = event.target.closest("[data-act]");
    if (action) does.act(action.dataset.act);
    const earlier = event.target.closest("[data-earlier]");
    if (earlier) does.readEarlier(earlier.dataset.earlier, earlier.textContent);
  });

  return {
    render(state) {
      const view = state.conversations[state.focus]?.view ?? null;
      if (shown === view) return;
      shown = view;
      show(part(root, "nobody"), !view);
      show(part(root, "somebody"), Boolean(view));
      field.turnTo(view ? view.conversation : "");
      if (view) showView(root, view);
      else text(part(root, "label"), "");
    },
    write: field.write,
  };
}
