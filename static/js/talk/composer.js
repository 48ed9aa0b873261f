/** The writing field. Enter sends where there is a keyboard; Enter inside a Chinese composition never does. */

import { say } from "./words.js";

const MOST = 4000;
const NEAR = 300;
const TYPING_MS = 4000;

export function createComposer({ form, field, note, left, draftKey, send, typing }) {
  const touch = matchMedia("(pointer: coarse)").matches;
  let composing = false;
  let typingUntil = 0;
  let stop = 0;

  function count(text) {
    return Array.from(text).length;
  }

  function grow() {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + 2}px`;
    const remaining = MOST - count(field.value);
    left.hidden = remaining > NEAR;
    left.textContent = remaining < 0 ? say("over_by", { n: -remaining }) : say("left", { n: remaining });
  }

  function keep() {
    try {
      if (field.value) sessionStorage.setItem(draftKey, field.value);
      else sessionStorage.removeItem(draftKey);
    } catch {
      // The field itself still holds the words.
    }
  }

  function tellTyping() {
    clearTimeout(stop);
    stop = setTimeout(stopTyping, TYPING_MS);
    if (Date.now() < typingUntil) return;
    typingUntil = Date.now() + TYPING_MS / 2;
    typing(true);
  }

  function stopTyping() {
    clearTimeout(stop);
    if (!typingUntil) return;
    typingUntil = 0;
    typing(false);
  }

  function tell(words) {
    note.textContent = words;
    note.hidden = !words;
  }

  function submit() {
    const text = field.value;
    if (!text.trim()) return;
    if (count(text) > MOST) {
      tell(say("error.message.too_long"));
      return;
    }
    tell("");
    field.value = "";
    keep();
    grow();
    stopTyping();
    send(text);
    field.focus();
  }

  field.addEventListener("compositionstart", () => {
    composing = true;
  });
  field.addEventListener("compositionend", () => {
    composing = false;
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || touch) return;
    if (composing || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    submit();
  });
  field.addEventListener("input", () => {
    grow();
    keep();
    if (field.value.trim()) tellTyping();
    else stopTyping();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  try {
    field.value = sessionStorage.getItem(draftKey) || "";
  } catch {
    // Nothing was kept.
  }
  grow();

  return {
    tell,
    /** Words that could not be kept go back where they came from, before whatever was begun since. */
    giveBack(text) {
      field.value = field.value ? `${text}\n${field.value}` : text;
      keep();
      grow();
    },
  };
}
