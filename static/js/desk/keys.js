/**
 * The desk by keyboard. With Alt everywhere; without Alt wherever nothing is being written, unless single keys are
 * switched off (they can be in the way of speech input and of a resting hand).
 */

import { isComposing, isTyping } from "./dom.js";

const KEY = "desk.single_keys";

export function singleKeys() {
  try {
    return localStorage.getItem(KEY) !== "0";
  } catch {
    return true;
  }
}

export function setSingleKeys(on) {
  try {
    localStorage.setItem(KEY, on ? "1" : "0");
  } catch {
    // For this page the switch still holds what was chosen.
  }
}

/** The name a key goes by: "n", "1", "?", from its place on the keyboard when Alt bends its letter. */
function nameOf(event) {
  if (event.code.startsWith("Key")) return event.code.slice(3).toLowerCase();
  if (event.code.startsWith("Digit") && !event.shiftKey) return event.code.slice(5);
  return event.key;
}

/**
 * @param {Record<string, () => void>} table what each key does, by name
 * @param {() => boolean} enabled asked before single keys count
 */
export function listenForKeys(table, enabled = singleKeys) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || isComposing(event)) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && isTyping(event.target)) {
      event.target.blur();
      return;
    }
    if (!event.altKey && (isTyping(event.target) || !enabled())) return;
    // With Shift only "?" is meant.
    const name = event.key === "?" ? "?" : nameOf(event);
    if (event.shiftKey && name !== "?") return;
    if (!Object.hasOwn(table, name)) return;
    event.preventDefault();
    table[name]();
  });
}
