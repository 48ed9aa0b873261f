/** On narrow screens one place at a time is shown; which one, and what waits in the others. */

import { $, $$, show, text } from "./dom.js";
import { tally } from "./alerts.js";

export function createPlaces() {
  const desk = $("#desk");
  const buttons = $$("#places-nav [data-place]");

  function go(place) {
    desk.dataset.place = place;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.place === place));
  }

  for (const button of buttons) button.addEventListener("click", () => go(button.dataset.place));
  go("queue");

  return {
    go,
    render(state) {
      text($("#places-waiting"), state.queueTotal ? String(state.queueTotal) : "");
      const { talking } = tally(state);
      text($("#places-unread"), talking ? String(talking) : "");
      show($("#places-unread"), talking > 0);
    },
  };
}
