/** An earlier conversation of the same person, to read in a dialog. */

import { showLines } from "./bubbles.js";
import { $, part, sayCode, show, text } from "./dom.js";
import { showNotes } from "./notes.js";

export function createEarlier(store, ask) {
  const dialog = $("#dialog-earlier");
  const lines = part(dialog, "lines");
  let shown = "";

  for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    const id = shown;
    shown = "";
    lines.replaceChildren();
    if (!id) return;
    ask("conversation.leave", { conversation: id });
    store.dispatch({ type: "local.stop_reading", conversation: id });
  });

  return {
    async open(conversation, title) {
      text(part(dialog, "title"), title);
      shown = conversation;
      dialog.showModal();
      const answer = await ask("conversation.open", { conversation });
      if (answer.code) text(part(dialog, "title"), sayCode("error", answer.code));
    },
    render(state) {
      const conversation = shown && state.conversations[shown];
      if (!conversation || !conversation.view) return;
      showLines(lines, conversation.lines, [], conversation.view);
      showNotes(part(dialog, "notes"), conversation.view.notes);
      show(part(dialog, "notes-box"), conversation.view.notes.length > 0);
    },
  };
}
