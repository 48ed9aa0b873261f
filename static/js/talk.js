/** A resident's conversation: ties the line, the outbox, the log and the field together. */

import { watchExit, forget } from "./lib/leave.js";
import { createLink } from "./lib/link.js";
import { createOutbox } from "./lib/outbox.js";
import { watchLinks } from "./lib/replace.js";
import { createComposer } from "./talk/composer.js";
import { createLog } from "./talk/log.js";
import { showErased, showState, showView } from "./talk/view.js";
import { say, sayError } from "./talk/words.js";

const $ = (id) => document.getElementById(id);
const main = $("main");
const conversation = main.dataset.conversation;
const TYPING_SHOWN_MS = 8000;
const ACTION_MS = 8000;

let requests = 0;
let view = null;
let typingTimer = 0;
let leaving = false;
const waiting = new Map();

const log = createLog({ list: $("log"), scroller: main, speaker: $("announce"), retry: () => outbox.flush() });

const outbox = createOutbox(`talk.${conversation}`, {
  send(item) {
    const id = next({ client_id: item.client_id });
    return link.send({ type: "message.send", id, client_id: item.client_id, text: item.text });
  },
  changed: (items) => log.showPending(items),
  refused(item, code) {
    composer.giveBack(item.text);
    composer.tell(sayError(code));
  },
});

const composer = createComposer({
  form: $("composer"),
  field: $("words"),
  note: $("note"),
  left: $("left"),
  draftKey: `draft.${conversation}`,
  send: (text) => outbox.say(text),
  typing: (on) => link.send({ type: "typing", on }),
});

const link = createLink("/ws/resident/", {
  hello: () => ({ type: "hello", id: next(), after: log.upto(), conversation }),
  ping: () => ({ type: "ping", id: next(), after: log.upto() }),
  hear,
  state(state) {
    if (leaving) return;
    if (state === "ended") {
      goHome();
      return;
    }
    showState(state);
    if (state !== "open") outbox.lost();
  },
});

function next(about = {}) {
  requests += 1;
  waiting.set(requests, about);
  return requests;
}

/** Ask for something that is done or refused; tells the writer if it is not answered. */
function ask(frame, { done = () => {} } = {}) {
  const timer = setTimeout(() => settle(id, "error.other"), ACTION_MS);
  const id = next({ done, timer });
  if (!link.send({ ...frame, id })) settle(id, "error.other");
}

function settle(id, failure = "") {
  const about = waiting.get(id);
  waiting.delete(id);
  clearTimeout(about?.timer);
  if (failure) undone(say(failure));
  return about;
}

/** Left or erased on another page or device: nothing that was said stays here either. */
function goHome() {
  leaving = true;
  forget();
  document.body.replaceChildren();
  location.replace(main.dataset.home);
}

/** Say that something was not done, and show again how things stand. */
function undone(words) {
  if (leaving) return;
  composer.tell(words);
  if (view) showView(view);
}

function applyLines(lines, upto, fresh) {
  const complete = log.apply(lines, { fresh });
  for (const line of lines) if (line.client_id) outbox.kept(line.client_id);
  if (!complete || upto > log.upto()) link.send({ type: "sync", id: next(), after: log.upto() });
}

function showTyping(on) {
  const line = $("typing");
  clearTimeout(typingTimer);
  line.hidden = !on;
  line.textContent = on ? say("typing", { name: view?.counselor ?? "" }) : "";
  // A "stopped" that was lost must not leave the mark hanging.
  if (on) typingTimer = setTimeout(() => showTyping(false), TYPING_SHOWN_MS);
}

function setView(next_) {
  view = next_;
  showView(view);
  if (view.state !== "active") showTyping(false);
}

const hears = {
  welcome(frame) {
    waiting.delete(frame.id);
    if (frame.view.upto < log.upto()) {
      // A backup was restored, and lines shown here are gone: new ones would come under their numbers and be passed over.
      location.reload();
      return;
    }
    showState("open");
    const first = log.upto() === 0;
    applyLines(frame.lines, frame.view.upto, !first);
    setView(frame.view);
    outbox.flush();
  },
  lines: (frame) => applyLines(frame.lines, frame.upto, true),
  view: (frame) => setView(frame.view),
  ack(frame) {
    const about = settle(frame.id);
    if (frame.client_id) {
      log.markSent(frame.client_id);
      outbox.kept(frame.client_id);
    }
    about?.done?.();
  },
  error(frame) {
    const about = settle(frame.id);
    if (about?.client_id) outbox.refused(about.client_id, frame.code);
    else if (about) undone(sayError(frame.code));
  },
  typing: (frame) => showTyping(frame.on),
  return_code(frame) {
    settle(frame.id);
    $("code-digits").textContent = frame.code;
    $("code-digits").hidden = false;
    $("code-copy").hidden = !navigator.clipboard;
    $("code-make").disabled = false;
    $("code-make").hidden = true;
    $("code-replaces").hidden = true;
  },
  erased() {
    leaving = true;
    forget();
    showErased(main.dataset.home);
  },
  pong: (frame) => settle(frame.id),
  bye() {},
};

function hear(frame) {
  if (!leaving) hears[frame.type]?.(frame);
}

// --- what one can press ------------------------------------------------------------------------------------------
watchExit();
watchLinks();
document.addEventListener("leaving", () => {
  leaving = true;
});
$("more-open").addEventListener("click", () => $("more-dialog").showModal());
for (const opener of document.querySelectorAll("[data-opens]")) {
  opener.addEventListener("click", () => {
    opener.closest("dialog")?.close();
    $(opener.dataset.opens).showModal();
  });
}
$("danger").addEventListener("click", () => ask({ type: "danger" }));
$("end-yes").addEventListener("click", () => {
  ask({ type: "conversation.end" });
  $("end-dialog").close();
});
$("erase-yes").addEventListener("click", () => {
  outbox.clear();
  ask({ type: "erase" });
  $("erase-dialog").close();
});
$("code-make").addEventListener("click", () => {
  $("code-make").disabled = true;
  ask({ type: "return_code" });
});
// Shown once means once: closing the sheet takes the digits away.
$("code-dialog").addEventListener("close", () => {
  $("code-digits").textContent = "";
  $("code-digits").hidden = true;
  $("code-copy").hidden = true;
  $("code-make").disabled = false;
  $("code-make").hidden = false;
  if (view) showView(view);
});
$("code-copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText($("code-digits").textContent);
  $("code-copy").textContent = say("copied");
});
for (const group of document.querySelectorAll(".moods")) {
  group.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) ask({ type: "mood", when: group.dataset.when, value: Number(button.value) });
  });
}
for (const box of document.querySelectorAll("[data-learning]")) {
  box.addEventListener("change", () => ask({ type: "learning", on: box.checked }));
}
$("about").addEventListener("submit", (event) => {
  event.preventDefault();
  const told = new FormData($("about"));
  ask(
    { type: "about", topic: told.get("topic"), nickname: told.get("nickname").trim(), age_band: told.get("age_band") },
    { done: () => $("more-dialog").close() },
  );
});
$("feedback").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("feedback-text").value.trim();
  const kind = event.submitter?.value || "thanks";
  if (!text) return;
  ask(
    { type: "feedback", kind, text },
    {
      done() {
        $("feedback").hidden = true;
        $("feedback-done").textContent = say("thanks");
        $("feedback-done").hidden = false;
      },
    },
  );
});
if (outbox.items().length) log.showPending(outbox.items());
