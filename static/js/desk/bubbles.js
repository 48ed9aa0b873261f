/** The lines of a conversation as bubbles; the desk, the supervisors' page and earlier conversations share them. */

import { fromTemplate, part, reconcile, say, show, text } from "./dom.js";
import { underlined } from "./levels.js";
import { timeOfDay } from "./time.js";

/** Words for something that happened: the server sends "code:argument". */
export function eventWords(event) {
  const [code, ...rest] = event.split(":");
  const argument = rest.join(":");
  if (code === "closed") return say("event.closed", { ending: say(`ending.${argument}`, {}, argument) });
  return say(`event.${code}`, { name: argument });
}

function spansOf(view, seq) {
  return view ? view.risk.spans.filter((span) => span.seq === seq) : [];
}

function updateLine(element, line, view) {
  element.dataset.seq = line.seq;
  if (line.author === "system") {
    text(part(element, "text"), eventWords(line.event));
    text(part(element, "at"), timeOfDay(line.at));
    return;
  }
  const spans = line.author === "resident" ? spansOf(view, line.seq) : [];
  const key = JSON.stringify(spans);
  const words = part(element, "text");
  if (element.dataset.spans !== key) {
    element.dataset.spans = key;
    element.dataset.level = spans.length ? view.risk.level : "";
    words.replaceChildren(underlined(line.text, spans));
  } else if (spans.length && element.dataset.level !== view.risk.level) element.dataset.level = view.risk.level;
  text(part(element, "name"), line.author === "counselor" ? line.name : say("talk.resident"));
  text(part(element, "at"), timeOfDay(line.at));
  const status = element.querySelector('[data-part="status"]');
  if (status) {
    text(status, line.client_id ? say("status.sent") : "");
    element.dataset.status = "sent";
    show(part(element, "retry"), false);
  }
}

function updatePending(element, one) {
  element.dataset.status = one.status;
  element.dataset.clientId = one.client_id;
  text(part(element, "text"), one.text);
  text(part(element, "name"), "");
  text(part(element, "at"), one.at ? timeOfDay(one.at) : "");
  text(part(element, "status"), say(`status.${one.status}`));
  show(part(element, "retry"), one.status === "failed");
}

/** A line of one's own and the pending bubble it replaces have one key, so the bubble changes in its place. */
function keyOf(item) {
  return item.pending ? item.pending.client_id : item.line.client_id || item.line.seq;
}

function make(item) {
  if (item.line && item.line.author === "system") return fromTemplate("bubble-event");
  return fromTemplate(item.line && item.line.author === "resident" ? "bubble-resident" : "bubble-staff");
}

/** Draw lines and what is still on its way into `list`; `view` brings the evidence. */
export function showLines(list, lines, pending, view) {
  const items = [...lines.map((line) => ({ line })), ...pending.map((one) => ({ pending: one }))];
  reconcile(list, items, {
    key: keyOf,
    make,
    update(element, item) {
      if (item.line) updateLine(element, item.line, view);
      else updatePending(element, item.pending);
    },
  });
}

/** Is the reader at the end of the log? Then new lines may pull it down, else they must not. */
export function atEnd(log) {
  return log.scrollHeight - log.scrollTop - log.clientHeight < 48;
}

export function toEnd(log) {
  log.scrollTop = log.scrollHeight;
}
