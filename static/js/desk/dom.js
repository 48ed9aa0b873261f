/** Small helps with the document: elements from <template>s, translated words, rows that keep their focus. */

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** A copy of the first element inside <template id="...">. */
export function fromTemplate(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

/** The element marked data-part="name" inside `root` (or root itself). */
export function part(root, name) {
  return root.dataset.part === name ? root : root.querySelector(`[data-part="${name}"]`);
}

/** Write text only where it differs, so that nothing flickers and no reader speaks twice. */
export function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

export function show(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

const dictionary = new Map();

/** Words of the reader's language, from <template id="words"> (elements with data-word) and JSON dictionaries. */
export function loadWords() {
  const template = document.getElementById("words");
  if (template) {
    for (const element of template.content.querySelectorAll("[data-word]")) {
      dictionary.set(element.dataset.word, element.textContent.trim());
    }
  }
  const reasons = document.getElementById("reasons");
  if (reasons) for (const [key, value] of Object.entries(JSON.parse(reasons.textContent))) dictionary.set(`reason.${key}`, value);
}

/** The words for `key` with {names} filled in; `otherwise` (or the key) where there are none. */
export function say(key, values = {}, otherwise = key) {
  let words = dictionary.get(key) ?? otherwise;
  for (const [name, value] of Object.entries(values)) words = words.replaceAll(`{${name}}`, String(value));
  return words;
}

/** Words for a code such as an error's; general words where the code is new to this page. */
export function sayCode(group, code) {
  return dictionary.get(`${group}.${code}`) ?? dictionary.get(`${group}.other`) ?? code;
}

/**
 * Make the children of `list` match `items` in order. Children are kept by key, so what has focus keeps it and
 * what did not move is not touched.
 */
export function reconcile(list, items, { key, make, update }) {
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const existing = new Map([...list.children].map((child) => [child.dataset.key, child]));
  let cursor = list.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    let child = existing.get(name);
    if (child) existing.delete(name);
    else {
      child = make(item);
      child.dataset.key = name;
    }
    update(child, item);
    if (child === cursor) cursor = cursor.nextElementSibling;
    else list.insertBefore(child, cursor);
  }
  for (const child of existing.values()) child.remove();
  if (focused && focused.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
}

/** Say something to screen readers, once. */
export function announce(words, urgent = false) {
  const region = document.getElementById(urgent ? "announce-now" : "announce");
  if (!region) return;
  region.textContent = "";
  setTimeout(() => {
    region.textContent = words;
  }, 50);
}

export function isTyping(target) {
  return target instanceof HTMLElement && target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select");
}

/** Enter while a Chinese word is being composed belongs to the composition. */
export function isComposing(event) {
  return event.isComposing || event.keyCode === 229;
}
