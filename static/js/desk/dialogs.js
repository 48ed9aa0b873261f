/** Questions the desk asks once, in <dialog>s that the template wrote. Esc closes; nothing is lost but the question. */

import { $, isComposing, part, say, show, text } from "./dom.js";

/**
 * @param {string} id of a <dialog> that holds one <form>
 * @param {(values: FormData) => Promise<string>} submit answers "" when done, or why it was not
 */
export function createDialog(id, submit) {
  const dialog = document.getElementById(id);
  const form = $("form", dialog);
  const problem = part(dialog, "problem");
  let busy = false;
  let returnTo = null;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    const why = await submit(new FormData(form));
    busy = false;
    text(problem, why);
    show(problem, Boolean(why));
    if (!why) dialog.close();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !isComposing(event)) form.requestSubmit();
  });
  for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    if (returnTo && returnTo.isConnected) returnTo.focus();
    returnTo = null;
  });

  return {
    element: dialog,
    form,
    open(label) {
      if (dialog.open) return;
      returnTo = document.activeElement;
      form.reset();
      show(problem, false);
      const about = dialog.querySelector('[data-part="about"]');
      if (about) text(about, label);
      dialog.showModal();
      const first = dialog.querySelector("[data-first]") || form.querySelector("input, select, textarea");
      first?.focus();
    },
  };
}

/** Options for "to whom": colleagues on duty, with how many they hold; those who are full say so and cannot be chosen. */
export function fillColleagues(select, colleagues, me) {
  const chosen = select.value;
  const there = colleagues.filter((one) => one.id !== me.id && one.duty === "on" && one.connected);
  const options = there.map((one) => {
    const option = document.createElement("option");
    const full = one.holding >= one.capacity;
    option.value = String(one.id);
    option.disabled = full;
    const words = { name: one.name, holding: one.holding, capacity: one.capacity };
    const busy = say(full ? "colleague.full" : "colleague.free", words);
    option.textContent = [busy, ...one.skills.map((code) => say(`skill.${code}`, {}, code))].join(" · ");
    return option;
  });
  select.replaceChildren(...options);
  if (there.some((one) => String(one.id) === chosen)) select.value = chosen;
  return options.some((option) => !option.disabled);
}
