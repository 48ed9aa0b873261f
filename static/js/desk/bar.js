/** The line on top: duty, how many at once, the connection, the sound. */

import { $, $$, part, say, text } from "./dom.js";
import { isMuted, setMuted, somebodyWaits, wake } from "./sounds.js";

export function showLink(state) {
  const element = $("#link");
  if (!element || element.dataset.link === state.link) return;
  element.dataset.link = state.link;
  text(part(element, "words"), say(`link.${state.link}`));
}

/** The switch for sound; answers the function that turns it. */
export function createSoundSwitch() {
  const button = $("#sound");
  function draw() {
    button.setAttribute("aria-pressed", String(!isMuted()));
    text(button, say(isMuted() ? "sound.off" : "sound.on"));
  }
  function turn() {
    setMuted(!isMuted());
    wake();
    draw();
    if (!isMuted()) somebodyWaits();
  }
  button.addEventListener("click", turn);
  draw();
  return turn;
}

/** @param {(state: string, capacity: number) => Promise<string>} setDuty */
export function createDuty(setDuty, problem) {
  const root = $("#duty");
  const radios = $$("input[name=duty]", root);
  const capacity = $("#capacity");

  async function change(state, most) {
    problem(await setDuty(state, most));
  }

  root.addEventListener("change", () => {
    const chosen = radios.find((radio) => radio.checked);
    change(chosen ? chosen.value : "off", Number(capacity.value));
  });

  return {
    render(state) {
      for (const radio of radios) radio.checked = radio.value === state.duty.state;
      root.dataset.duty = state.duty.state;
      if (capacity.value !== String(state.duty.capacity)) capacity.value = String(state.duty.capacity);
      const off = state.link !== "open";
      for (const control of [...radios, capacity]) control.disabled = off;
    },
    turn: (state) => change(state.duty.state === "on" ? "pause" : "on", state.duty.capacity),
  };
}

/** Leaving takes the drafts along. */
export function forgetOnSignOut(forget) {
  for (const form of $$("form[data-forget]")) form.addEventListener("submit", forget);
}
