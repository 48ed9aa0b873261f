/** The person: level and why, what is known, private notes, and what can be done. Notes live here and only here. */

import { announce, isComposing, part, reconcile, say, show, text } from "./dom.js";
import { draft, keepDraft } from "./drafts.js";
import { showEvidence, showLevel, sourceWords } from "./levels.js";
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

export function showNotes(list, notes) {
  reconcile(list, notes, {
    key: (one) => one.id,
    make() {
      const item = document.createElement("li");
      const head = document.createElement("p");
      const body = document.createElement("p");
      item.className = "note";
      head.className = "note-head";
      body.className = "note-text";
      item.append(head, body);
      return item;
    },
    update(item, one) {
      item.dataset.kind = one.kind;
      text(item.firstElementChild, `${say(`note.${one.kind}`)} · ${one.by} · ${timeOfDay(one.at)}`);
      text(item.lastElementChild, one.text);
    },
  });
}

/**
 * @param {HTMLElement} root the element of counselor/_person.html
 * @param {object} does note(conversation, text) -> Promise<string>, act(name), readEarlier(conversation)
 */
export function createPerson(root, does) {
  const field = part(root, "note-field");
  const problem = part(root, "note-problem");
  const notes = part(root, "notes");
  let shown = null;
  let current = "";

  async function saveNote() {
    const words = field.value.trim();
    const id = current;
    if (!words || !id) return;
    const why = await does.note(id, words);
    text(problem, why);
    show(problem, Boolean(why));
    if (why) return;
    keepDraft("note", id, "");
    if (current === id) field.value = "";
    announce(say("note.saved"));
  }

  field.addEventListener("input", () => keepDraft("note", current, field.value));
  field.addEventListener("keydown", (event) => {
    // Enter alone is a new line here: a habit from the reply field must not file half a note, nor the other way round.
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || isComposing(event)) return;
    event.preventDefault();
    saveNote();
  });
  part(root, "note-form").addEventListener("submit", (event) => {
    event.preventDefault();
    saveNote();
  });
  root.addEventListener("click", (event) => {
    const action = event.target.closest("[data-act]");
    if (action) does.act(action.dataset.act);
    const earlier = event.target.closest("[data-earlier]");
    if (earlier) does.readEarlier(earlier.dataset.earlier, earlier.textContent);
  });

  function showEarlier(view) {
    const list = part(root, "earlier");
    reconcile(list, view.earlier, {
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

  function render(state) {
    const conversation = state.conversations[state.focus];
    const view = conversation && conversation.view;
    show(part(root, "nobody"), !view);
    show(part(root, "somebody"), Boolean(view));
    if (!view) {
      current = "";
      shown = null;
      return;
    }
    if (current !== view.conversation) {
      current = view.conversation;
      field.value = draft("note", current);
      show(problem, false);
    }
    if (shown === view) return;
    shown = view;
    text(part(root, "label"), view.label);
    show(part(root, "danger"), view.danger);
    showRisk(part(root, "risk"), view.risk);
    showFacts(part(root, "facts"), view);
    const stay = notes.scrollHeight - notes.scrollTop - notes.clientHeight < 30;
    showNotes(notes, view.notes);
    if (stay) notes.scrollTop = notes.scrollHeight;
    show(part(root, "no-notes"), view.notes.length === 0);
    show(part(root, "help-asked"), view.help_asked);
    showEarlier(view);
    // What is over can be read, not changed.
    show(part(root, "actions"), view.state === "active");
    show(part(root, "note-form"), view.state === "active");
  }

  return {
    render,
    write() {
      field.focus();
    },
  };
}
