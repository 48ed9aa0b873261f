/** The desk: puts the store, the line to the server and the three places together. */

import { createAlerts } from "./desk/alerts.js";
import { createAsks } from "./desk/asks.js";
import { createDuty, createSoundSwitch, forgetOnSignOut, showLink } from "./desk/bar.js";
import { $, announce, loadWords, say, sayCode } from "./desk/dom.js";
import { draft, forgetDrafts, keepDraft } from "./desk/drafts.js";
import { createEarlier } from "./desk/earlier.js";
import { createHelp } from "./desk/help.js";
import { listenForKeys } from "./desk/keys.js";
import { isCrisis } from "./desk/levels.js";
import { createLine } from "./desk/line.js";
import { createOffers, offersToMe } from "./desk/offers.js";
import { createOutgoing } from "./desk/outgoing.js";
import { createPerson } from "./desk/person.js";
import { createPlaces } from "./desk/places.js";
import { Queue } from "./desk/queue.js";
import { wake } from "./desk/sounds.js";
import { createStore, waitingOnUs } from "./desk/store.js";
import { Talks } from "./desk/talks.js";

loadWords();
const store = createStore();
const { ask, tell } = createLine(store, { ready: () => outgoing.resume() });

function problem(words) {
  if (!words) return;
  store.dispatch({ type: "local.notice", words });
  announce(words, true);
}

async function put(type, fields) {
  const answer = await ask(type, fields);
  if (answer.code) problem(sayCode("error", answer.code));
  return answer;
}

const outgoing = createOutgoing(store, ask, (conversation, words, code) => {
  const why = sayCode("error", code);
  const talk = talks.get(conversation);
  if (talk) talk.giveBackWords(words, why);
  else {
    keepDraft("reply", conversation, `${words}\n${draft("reply", conversation)}`.trim());
    problem(why);
  }
});

// --- what can be done -------------------------------------------------------------------------------------------------
async function take(type, fields) {
  const answer = await put(type, fields);
  if (answer.code) return;
  store.dispatch({ type: "local.want", conversation: answer.frame.conversation });
  places.go("talks");
  talks.write(answer.frame.conversation);
}

const claim = (conversation) => take("conversation.claim", { conversation });
const takeNext = () => take("queue.take_next", {});
const current = () => store.state.conversations[store.state.focus];

function focus(conversation) {
  if (store.state.focus !== conversation) store.dispatch({ type: "local.focus", conversation });
}

function goTo(conversation) {
  if (!conversation) return;
  focus(conversation);
  places.go("talks");
  talks.write(conversation);
}

function goToLongest() {
  const waiting = store.state.slots
    .filter((id) => id && waitingOnUs(store.state.conversations[id]))
    .sort((a, b) => waitingOnUs(store.state.conversations[a]).localeCompare(waitingOnUs(store.state.conversations[b])));
  goTo(waiting[0]);
}

async function answerOffer(handover, answer) {
  const offer = store.state.handovers.find((one) => one.id === handover);
  const reply = await put("handover.answer", { handover, answer });
  if (!reply.code && answer === "accept" && offer) {
    store.dispatch({ type: "local.want", conversation: offer.conversation });
    places.go("talks");
  }
}

function withdraw(conversation) {
  const offer = store.state.conversations[conversation]?.view.handover;
  if (offer) put("handover.answer", { handover: offer.id, answer: "withdraw" });
}

function putAway(conversation) {
  keepDraft("reply", conversation, "");
  keepDraft("note", conversation, "");
  store.dispatch({ type: "local.put_away", conversation });
}

function endOrPutAway() {
  const one = current();
  if (one && one.view.state === "closed") putAway(one.id);
  else asks.end();
}

// --- the places -----------------------------------------------------------------------------------------------------
const places = createPlaces();
const queue = new Queue($("#place-queue"), { claim, next: takeNext });
const talks = new Talks($("#place-talks"), {
  send: (conversation, text) => outgoing.say(conversation, text),
  retry: (conversation) => outgoing.retry(conversation),
  typing: (conversation, on) => tell({ type: "typing", conversation, on }),
  focus,
  putAway,
  withdraw,
});
const asks = createAsks(store, ask);
const earlier = createEarlier(store, ask);
const person = createPerson($("#place-person"), {
  async note(conversation, text) {
    const answer = await ask("note.add", { conversation, text });
    return answer.code ? sayCode("error", answer.code) : "";
  },
  act: (name) => asks[name]?.(),
  readEarlier: (conversation, title) => earlier.open(conversation, title),
});
const offers = createOffers({
  answer: answerOffer,
  dismiss: (key) => store.dispatch({ type: "local.dismiss", key }),
});
const duty = createDuty(async (state, capacity) => {
  const answer = await ask("duty.set", { state, capacity });
  if (answer.code) duty.render(store.state);
  return answer.code ? sayCode("error", answer.code) : "";
}, problem);
const turnSound = createSoundSwitch();
const help = createHelp();
const alerts = createAlerts();

// --- keys -----------------------------------------------------------------------------------------------------------
const keys = {
  n: takeNext,
  q() {
    places.go("queue");
    queue.move(0);
  },
  r: () => goTo(store.state.focus),
  w: goToLongest,
  m() {
    if (!current()) return;
    places.go("person");
    person.write();
  },
  o: () => asks.override(),
  s: () => asks.help(),
  h: () => asks.handover(),
  b: () => asks.give_back(),
  e: endOrPutAway,
  a() {
    const [first] = offersToMe(store.state);
    if (first) answerOffer(first.id, "accept");
  },
  d: () => duty.turn(store.state),
  x: turnSound,
  "?": () => help.open(),
};
for (let number = 1; number <= 9; number += 1) keys[number] = () => goTo(store.state.slots[number - 1]);
listenForKeys(keys);
$("#show-keys").addEventListener("click", () => help.open());
for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, wake, { once: true });

// --- living with changes ----------------------------------------------------------------------------------------------
/** Screen readers hear what the eye would catch: new words in the open conversation are in its log; the rest is said. */
function announceChanges(state, before) {
  for (const id of state.slots) {
    const now = id && state.conversations[id]?.view;
    const then = id && before.conversations[id]?.view;
    if (now && then && now.risk.level !== then.risk.level) {
      const words = say("queue.level_of", { label: now.label, level: say(`level.${now.risk.level}`) });
      announce(words, isCrisis(now.risk));
    }
  }
}

let drawn = null;
let due = false;

function draw() {
  due = false;
  const { state } = store;
  const before = drawn;
  drawn = state;
  showLink(state);
  if (!before || state.duty !== before.duty || state.link !== before.link) duty.render(state);
  queue.render(state, before);
  talks.render(state);
  person.render(state);
  offers.render(state);
  places.render(state);
  earlier.render(state);
}

store.subscribe((state, before) => {
  alerts(state, before);
  announceChanges(state, before);
  if (due) return;
  due = true;
  queueMicrotask(draw);
});

function look() {
  const looked = !document.hidden && document.hasFocus();
  if (looked !== store.state.looked) store.dispatch({ type: "local.looked", looked });
}
document.addEventListener("visibilitychange", look);
window.addEventListener("focus", look);
window.addEventListener("blur", look);
// Typing marks and "taken by" fade though no frame comes.
setInterval(() => {
  store.dispatch({ type: "local.tick" });
  if (Object.values(store.state.conversations).some((one) => one.typingUntil)) talks.render(store.state);
}, 1000);
forgetOnSignOut(forgetDrafts);
draw();
