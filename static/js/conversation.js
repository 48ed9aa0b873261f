/** A supervisor reads a conversation live, advises the counselor, and may set the level. */

import { createSoundSwitch, forgetOnSignOut, showLink } from "./desk/bar.js";
import { atEnd, showLines, toEnd } from "./desk/bubbles.js";
import { createDialog } from "./desk/dialogs.js";
import { $, loadWords, part, say, sayCode, show, text } from "./desk/dom.js";
import { forgetDrafts } from "./desk/drafts.js";
import { follow, stay } from "./desk/follow.js";
import { listenForKeys } from "./desk/keys.js";
import { modelWords, showLevel } from "./desk/levels.js";
import { createLine } from "./desk/line.js";
import { createNoteField, showNotesAtEnd } from "./desk/notes.js";
import { showFacts, showRisk } from "./desk/person.js";
import { createStore, waitingOnUs } from "./desk/store.js";
import { since } from "./desk/time.js";

const ANSWER_SECONDS = 120;
const NEAR_END = 48;

loadWords();
const root = $("#reader");
const id = root.dataset.conversation;
const log = part(root, "log");
const store = createStore();
const { ask } = createLine(store, { ready: open });

async function open() {
  const answer = await ask("conversation.open", { conversation: id });
  const problem = part(root, "problem");
  text(problem, answer.code ? sayCode("error", answer.code) : "");
  show(problem, Boolean(answer.code));
}

// --- what a supervisor does -----------------------------------------------------------------------------------------
let advice = null;
if (root.querySelector('[data-part="advice-form"]')) {
  advice = createNoteField(root, "advice", async (conversation, words) => {
    const answer = await ask("help.answer", { conversation, text: words });
    return answer.code ? sayCode("error", answer.code) : "";
  });
  advice.turnTo(id);
}

let override = null;
if (document.getElementById("dialog-override")) {
  override = createDialog("dialog-override", async (values) => {
    const reason = String(values.get("reason")).trim();
    if (!reason || !values.get("level")) return say("error.reason.missing");
    const answer = await ask("level.override", { conversation: id, level: values.get("level"), reason });
    return answer.code ? sayCode("error", answer.code) : "";
  });
}

let closing = null;
if (document.getElementById("dialog-close")) {
  closing = createDialog("dialog-close", async (values) => {
    const reason = String(values.get("reason")).trim();
    if (!reason) return say("error.reason.missing");
    const answer = await ask("conversation.close_waiting", { conversation: id, reason });
    return answer.code ? sayCode("error", answer.code) : "";
  });
}

function openOverride() {
  const view = store.state.conversations[id]?.view;
  if (!override || !view) return;
  override.open(view.label);
  const radio = override.element.querySelector(`input[value="${view.risk.level}"]`);
  radio.checked = true;
  radio.focus();
}

root.addEventListener("click", (event) => {
  if (event.target.closest('[data-act="override"]')) openOverride();
  if (event.target.closest('[data-act="close"]')) closing?.open(store.state.conversations[id]?.view?.label ?? "");
});
listenForKeys({ o: openOverride, m: () => advice?.write() });

// --- what is shown ----------------------------------------------------------------------------------------------------
function showHead(view, conversation) {
  const head = part(root, "head");
  root.dataset.level = view.risk.level;
  showLevel(part(head, "level"), view.risk);
  text(part(head, "label"), view.label);
  const presence = part(head, "presence");
  text(presence, view.state === "closed" ? "" : say(view.present ? "presence.here" : "presence.away"));
  presence.dataset.present = String(view.present);
  const ending = view.state === "closed" ? say("talk.ended", { ending: say(`ending.${view.ending}`, {}, "") }) : "";
  text(part(head, "holder"), ending || (view.holder ? say("board.with", { name: view.holder }) : ""));
  since(part(head, "waiting"), waitingOnUs(conversation), { pattern: say("board.on_us"), late: ANSWER_SECONDS });
}

function draw(state) {
  const conversation = state.conversations[id];
  if (!conversation || !conversation.view) return;
  const { view } = conversation;
  showHead(view, conversation);
  showLines(part(root, "lines"), conversation.lines, [], view);
  stay(log);
  show(part(root, "below"), !atEnd(log));
  const typing = conversation.typingUntil > Date.now();
  text(part(root, "typing"), typing ? say("talk.typing") : "");
  showRisk(part(root, "risk"), view.risk);
  const model = modelWords(view.risk);
  text(part(root, "model"), model);
  show(part(root, "model"), Boolean(model));
  showFacts(part(root, "facts"), view);
  showNotesAtEnd(part(root, "notes"), view.notes);
  show(part(root, "no-notes"), view.notes.length === 0);
  show(part(root, "help-asked"), view.help_asked);
  if (advice) show(part(root, "advice-form"), view.state !== "closed");
  if (closing) show(part(root, "close"), view.state === "waiting" && !view.present);
}

store.subscribe((state, before) => {
  showLink(state);
  if (state.conversations !== before.conversations) draw(state);
});
follow(log, NEAR_END);
log.addEventListener("scroll", () => show(part(root, "below"), !atEnd(log)), { passive: true });
part(root, "below").addEventListener("click", () => toEnd(log));
setInterval(() => draw(store.state), 2000);
createSoundSwitch();
forgetOnSignOut(forgetDrafts);
showLink(store.state);
