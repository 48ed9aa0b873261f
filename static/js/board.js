/** The supervisors' board: who waits how long at which level, who talks with whom, who is there. Live. */

import { createSoundSwitch, forgetOnSignOut, showLink } from "./desk/bar.js";
import { $, fromTemplate, loadWords, part, reconcile, say, show, text } from "./desk/dom.js";
import { forgetDrafts } from "./desk/drafts.js";
import { isCrisis, showEvidence, showLevel } from "./desk/levels.js";
import { createLine } from "./desk/line.js";
import { somebodyMayBeInDanger, wake } from "./desk/sounds.js";
import { createStore } from "./desk/store.js";
import { since, timeOfDay } from "./desk/time.js";

/** Minutes are long for somebody in danger: waits beyond these many seconds stand out, by level. */
const LATE_SECONDS = { imminent: 30, high: 60, moderate: 600, low: 1200 };
/** An answer of ours that takes longer than this stands out. */
const ANSWER_SECONDS = 120;
const AGAIN_MS = 8000;

loadWords();
const root = $("#board");
const mayRead = root.dataset.read === "1";
const address = $("#conversation-url").dataset.url;
const plainTitle = document.title;
const store = createStore();
const { ask } = createLine(store, { ready: () => ask("board.watch") });
let dangerTimer = 0;

function updateRow(element, row) {
  element.dataset.conversation = row.conversation;
  element.dataset.level = row.risk.level;
  element.classList.toggle("asks-help", row.help_asked);
  showLevel(part(element, "level"), row.risk);
  const label = part(element, "label");
  text(label, row.label);
  if (mayRead) label.href = address.replace("0".repeat(32), row.conversation);
  text(part(element, "holder"), row.holder ? say("board.with", { name: row.holder }) : "");
  show(part(element, "help"), row.help_asked);
  show(part(element, "away"), !row.present);
  const evidence = part(element, "evidence");
  const key = JSON.stringify(row.risk.spans);
  if (evidence.dataset.spans !== key) {
    evidence.dataset.spans = key;
    showEvidence(evidence, row.risk.spans, { most: 3, quote: mayRead });
  }
  const waiting = row.state === "waiting";
  const wait = part(element, "since");
  wait.title = timeOfDay(row.since);
  since(wait, row.since, { late: waiting ? LATE_SECONDS[row.risk.level] : 0 });
  const onUs = waiting ? "" : row.waiting_on_us_since;
  since(part(element, "on-us"), onUs, { pattern: say("board.on_us"), late: ANSWER_SECONDS });
  since(part(element, "silent"), waiting || onUs ? "" : row.silent_since, { pattern: say("board.silent") });
}

function showRows(name, rows) {
  reconcile(part(root, name), rows, {
    key: (row) => row.conversation,
    make: () => fromTemplate("board-row"),
    update: updateRow,
  });
  show(part(root, `no-${name}`), rows.length === 0);
  show(part(root, name), rows.length > 0);
}

function updateColleague(element, one) {
  element.dataset.duty = one.duty;
  element.dataset.connected = String(one.connected);
  text(part(element, "name"), one.name);
  const gone = one.duty !== "off" && !one.connected;
  text(part(element, "duty"), gone ? say("board.offline") : say(`duty.${one.duty}`));
  text(part(element, "holds"), one.duty === "off" && !one.holding ? "" : say("board.holds", one));
}

function showFigures(board) {
  const waiting = board.rows.filter((row) => row.state === "waiting");
  const figures = {
    "count-waiting": board.waiting,
    "count-talking": board.rows.length - waiting.length,
    "count-duty": board.staff.filter((one) => one.duty === "on" && one.connected).length,
    "count-help": board.rows.filter((row) => row.help_asked).length,
    reviews: board.reviews_open,
    overdue: board.reviews_overdue,
  };
  for (const [name, figure] of Object.entries(figures)) text(part(root, name), String(figure));
  part(root, "overdue-box").classList.toggle("is-some", board.reviews_overdue > 0);
  const element = part(root, "longest");
  since(element, board.longest_since);
  if (!board.longest_since) text(element, "–");
  const count = board.waiting + figures["count-help"];
  document.title = count ? `(${count}) ${plainTitle}` : plainTitle;
}

/** Somebody in danger waits, or a colleague asks: the tone comes back until somebody has them. */
function sound(board) {
  const danger = board.rows.some((row) => row.state === "waiting" && isCrisis(row.risk));
  if (danger && !dangerTimer) {
    somebodyMayBeInDanger();
    dangerTimer = setInterval(somebodyMayBeInDanger, AGAIN_MS);
  }
  if (!danger && dangerTimer) {
    clearInterval(dangerTimer);
    dangerTimer = 0;
  }
}

store.subscribe((state, before) => {
  showLink(state);
  const { board } = state;
  if (!board || board === before.board) return;
  showRows("waiting", board.rows.filter((row) => row.state === "waiting"));
  showRows("talking", board.rows.filter((row) => row.state === "active"));
  const staff = board.staff.filter((one) => one.duty !== "off" || one.holding > 0);
  reconcile(part(root, "staff"), staff, {
    key: (one) => one.id,
    make: () => fromTemplate("staff-row"),
    update: updateColleague,
  });
  show(part(root, "no-staff"), staff.length === 0);
  showFigures(board);
  sound(board);
});

createSoundSwitch();
forgetOnSignOut(forgetDrafts);
for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, wake, { once: true });
showLink(store.state);
