/** A level by colour, shape and word; and the words that speak for it. */

import { part, say, show, text } from "./dom.js";

const RANK = { low: 0, moderate: 1, high: 2, imminent: 3 };

export function rank(level) {
  return RANK[level] ?? 0;
}

export function isCrisis(risk) {
  return rank(risk.level) >= RANK.high;
}

/** Fill an element made by counselor/_level.html. */
export function showLevel(element, risk) {
  // "Not read" is said where nothing else is known; a level that a rule or a person raised keeps its own word.
  const unread = !risk.scored && !isCrisis(risk);
  const shape = unread ? "unscored" : risk.level;
  element.dataset.level = risk.level;
  if (element.dataset.shape !== shape) {
    element.dataset.shape = shape;
    part(element, "shape").firstElementChild.setAttribute("href", `#shape-${shape}`);
  }
  text(part(element, "word"), say(`level.${shape}`));
}

/** Who says so: software, the person, or somebody of the staff with a reason. */
export function sourceWords(risk) {
  if (!risk.scored && risk.source === "triage") return say("source.unscored");
  return say(`source.${risk.source}`, { name: risk.by });
}

/** Which rules and weights read it last, and how likely they say a crisis is: for an audit, not for the moment. */
export function modelWords(risk) {
  return risk.model ? say("risk.model", { version: risk.model, chance: risk.probability.toFixed(2) }) : "";
}

export function reasonWords(reason) {
  return say(`reason.${reason}`, {}, reason);
}

/** Longest quotation in a list that is read at a glance, in characters; a tooltip has all of it. */
const GLANCE = 18;

/** What the model weighed heaviest in one line is one item: its pieces, with what stands between them left out. */
function inItems(spans) {
  const items = [];
  const ofModel = new Map();
  for (const span of spans) {
    const held = span.reason === "model" ? ofModel.get(span.seq) : null;
    if (held) {
      if (!held.pieces.includes(span.words)) held.pieces.push(span.words);
      held.words = held.pieces.join(" … ");
    } else {
      const item = { reason: span.reason, words: span.words, pieces: [span.words] };
      if (span.reason === "model") ofModel.set(span.seq, item);
      items.push(item);
    }
  }
  return items;
}

/** At a glance the words that a rule names come first, and then what the model added: neither hides the other. */
function atAGlance(items, most) {
  const model = items.find((item) => item.reason === "model");
  const named = items.filter((item) => item.reason !== "model");
  return model ? [...named.slice(0, most - 1), model] : named.slice(0, most);
}

function shortened(words) {
  const points = Array.from(words);
  return points.length > GLANCE ? `${points.slice(0, GLANCE).join("").trimEnd()}…` : words;
}

/** Fill a list with the words that raised a level: the quotation and what it is about. Repeats are shown once. */
export function showEvidence(list, spans, { most = 0, quote = true } = {}) {
  const seen = new Set();
  const items = [];
  for (const item of inItems(spans)) {
    const key = `${item.words}|${item.reason}`;
    if (!seen.has(key)) items.push(item);
    seen.add(key);
  }
  const chosen = most ? atAGlance(items, most) : items;
  const fresh = chosen.map((span) => {
    const item = document.createElement("li");
    item.className = "evidence-item";
    if (quote && span.words) {
      const words = document.createElement("q");
      words.className = "evidence-words";
      words.textContent = most ? shortened(span.words) : span.words;
      if (words.textContent !== span.words) words.title = span.words;
      item.append(words, " ");
    }
    const reason = document.createElement("span");
    reason.className = "evidence-reason";
    reason.textContent = reasonWords(span.reason);
    item.append(reason);
    return item;
  });
  list.replaceChildren(...fresh);
  show(list, fresh.length > 0);
}

/**
 * The text as nodes, with evidence underlined. Positions count Unicode code points, as the server counts them.
 * Spans may overlap; each stretch of text belongs to the first span that covers it.
 */
export function underlined(words, spans) {
  const points = Array.from(words);
  const fragment = document.createDocumentFragment();
  const owner = new Array(points.length).fill(null);
  for (const span of spans) {
    for (let at = Math.max(0, span.start); at < Math.min(span.end, points.length); at += 1) owner[at] ??= span;
  }
  let at = 0;
  while (at < points.length) {
    let end = at + 1;
    while (end < points.length && owner[end] === owner[at]) end += 1;
    const piece = points.slice(at, end).join("");
    if (owner[at]) {
      const mark = document.createElement("mark");
      mark.className = "evidence";
      mark.title = reasonWords(owner[at].reason);
      mark.dataset.reason = owner[at].reason;
      mark.textContent = piece;
      fragment.append(mark);
    } else fragment.append(piece);
    at = end;
  }
  return fragment;
}
