/** Private notes: how they are listed, and the field in which they are written. Never the field for a reply. */

import { announce, isComposing, part, reconcile, say, show, text } from "./dom.js";
import { draft, keepDraft } from "./drafts.js";
import { follow, isFollowed, stay } from "./follow.js";
import { timeOfDay } from "./time.js";

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

/** Draw the notes and stay at the newest, if the reader was there. */
export function showNotesAtEnd(list, notes) {
  if (!isFollowed(list)) follow(list);
  showNotes(list, notes);
  stay(list);
}

/**
 * A field for words that only the staff see. Ctrl+Enter keeps them; Enter alone is a new line, so that a habit from the
 * reply field does not file half a note, nor the other way round.
 *
 * @param {HTMLElement} root holds the parts "{name}-form", "{name}-field" and "{name}-problem"
 * @param {string} name also the kind of its drafts
 * @param {(conversation: string, words: string) => Promise<string>} keep answers "" or why it was not kept
 */
export function createNoteField(root, name, keep) {
  const field = part(root, `${name}-field`);
  const problem = part(root, `${name}-problem`);
  let current = "";

  function explain(words) {
    text(problem, words);
    show(problem, Boolean(words));
  }

  async function save() {
    const words = field.value.trim();
    const id = current;
    if (!words || !id) return;
    const why = await keep(id, words);
    explain(why);
    if (why) return;
    keepDraft(name, id, "");
    if (current === id) field.value = "";
    announce(say("note.saved"));
  }

  field.addEventListener("input", () => keepDraft(name, current, field.value));
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || isComposing(event)) return;
    event.preventDefault();
    save();
  });
  part(root, `${name}-form`).addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });

  return {
    /** Whom the field is about from now on; each conversation has its own draft. */
    turnTo(conversation) {
      if (conversation === current) return;
      current = conversation;
      field.value = conversation ? draft(name, conversation) : "";
      explain("");
    },
    write: () => field.focus(),
  };
}
