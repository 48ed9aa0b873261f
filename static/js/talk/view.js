/** Everything beside the lines: who is there, the place in line, the numbers, the end. */

import { say } from "./words.js";

const $ = (id) => document.getElementById(id);

function write(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

function placeWords(view) {
  const { place } = view;
  if (!view.on_duty) return say("place.nobody");
  if (!place) return say("waiting");
  if (place.most === 0) return say("place.next");
  if (place.least !== place.most) return say("place.range", place);
  return say(place.most === 1 ? "place.one" : "place.some", { n: place.most });
}

/** @param {object} view of the protocol; draws it, touching only what differs. */
export function showView(view) {
  const waiting = view.state === "waiting";
  const closed = view.state === "closed";
  $("waiting").hidden = !waiting;
  $("ending").hidden = !closed;
  $("composer").hidden = closed;
  $("end-open").hidden = closed;
  $("danger-row").hidden = view.danger;
  // Beside the digits it would be read as if these had stopped working.
  $("code-replaces").hidden = !view.has_code || !$("code-digits").hidden;
  if (waiting) {
    write($("place"), placeWords(view));
    write($("why"), view.place?.why ? say(`place.${view.place.why}`) : "");
    $("why").hidden = !view.place?.why;
  }
  if (view.state === "active") write($("who"), say("with", { name: view.counselor }));
  else write($("who"), closed ? say("over") : $("who").dataset.site);
  $("waiting-hint").hidden = view.upto > 2;
  const forward = view.care || view.danger;
  $("numbers").classList.toggle("is-forward", forward);
  write($("care"), forward && !closed ? say("care") : "");
  for (const box of document.querySelectorAll("[data-learning]")) box.checked = view.may_learn;
  for (const group of document.querySelectorAll(".moods")) {
    const told = view[`mood_${group.dataset.when}`];
    for (const button of group.children) button.setAttribute("aria-pressed", String(Number(button.value) === told));
  }
}

/** How the connection stands; nothing is said while all is well. */
export function showState(state) {
  const line = $("state");
  const words = state === "open" ? "" : say(`state.${state}`);
  write(line, words);
  line.hidden = !words;
}

/** All is gone: an empty, quiet page with one way on. */
export function showErased(home) {
  const page = document.createElement("main");
  page.className = "gone";
  page.dataset.testid = "gone";
  const words = document.createElement("h1");
  words.textContent = say("erased");
  const link = document.createElement("a");
  link.href = home;
  link.className = "button is-plain";
  link.textContent = say("home");
  link.dataset.replace = "";
  page.append(words, link);
  document.body.replaceChildren(page);
}
