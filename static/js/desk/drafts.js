/** What was begun and not sent, by conversation and kind ("reply" or "note"): outlives a reload, not the tab. */

const PREFIX = "desk.draft.";

export function draft(kind, conversation) {
  try {
    return sessionStorage.getItem(`${PREFIX}${kind}.${conversation}`) || "";
  } catch {
    return "";
  }
}

export function keepDraft(kind, conversation, text) {
  try {
    const key = `${PREFIX}${kind}.${conversation}`;
    if (text) sessionStorage.setItem(key, text);
    else sessionStorage.removeItem(key);
  } catch {
    // Storage is full or forbidden: the field itself still holds the words.
  }
}

/** Forget every draft: at sign-out nothing may stay in the tab. */
export function forgetDrafts() {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith("desk.")) sessionStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}
