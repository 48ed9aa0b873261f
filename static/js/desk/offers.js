/** Handovers offered to me, and what happened to conversations that are not here any more. */

import { fromTemplate, part, reconcile, say, sayCode, show, text } from "./dom.js";

/** Offers of others to me: {id, from_name, label, conversation, note}. */
export function offersToMe(state) {
  return state.handovers.filter((one) => !one.mine);
}

/**
 * @param {{answer: (handover: number, answer: string) => void, dismiss: (key: number) => void}} does
 */
export function createOffers(does) {
  const offers = document.getElementById("offers");
  const notices = document.getElementById("notices");

  offers.addEventListener("click", (event) => {
    const button = event.target.closest("[data-answer]");
    if (button) does.answer(Number(button.closest("li").dataset.key), button.dataset.answer);
  });
  notices.addEventListener("click", (event) => {
    const button = event.target.closest('[data-part="dismiss"]');
    if (button) does.dismiss(Number(button.closest("li").dataset.key));
  });

  return {
    render(state) {
      const mine = offersToMe(state);
      reconcile(offers, mine, {
        key: (one) => one.id,
        make: () => fromTemplate("offer"),
        update(element, one) {
          text(part(element, "who"), say("handover.asks", { name: one.from_name, label: one.label }));
          text(part(element, "note"), one.note);
        },
      });
      show(offers, mine.length > 0);
      reconcile(notices, state.notices, {
        key: (one) => one.key,
        make: () => fromTemplate("notice"),
        update(element, one) {
          const words = one.words || sayCode("gone", one.why).replaceAll("{label}", one.label);
          text(part(element, "words"), words);
        },
      });
      show(notices, state.notices.length > 0);
    },
  };
}
