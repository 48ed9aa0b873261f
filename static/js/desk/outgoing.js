/** Replies on their way: an outbox for each conversation, and the pending bubbles that show it. */

import { createOutbox } from "../lib/outbox.js";

/**
 * @param {object} store dispatches local.outbox
 * @param {(type: string, fields: object) => Promise<{code: string}>} ask
 * @param {(conversation: string, words: string, code: string) => void} refused words that go back into the field
 */
export function createOutgoing(store, ask, refused) {
  const boxes = new Map();

  async function send(conversation, item) {
    const { client_id, text } = item;
    const answer = await ask("message.send", { conversation, client_id, text });
    const box = boxes.get(conversation);
    if (!answer.code) box.kept(client_id);
    else if (answer.code === "link") box.lost();
    else box.refused(client_id, answer.code);
  }

  function boxOf(conversation) {
    if (!boxes.has(conversation)) {
      const box = createOutbox(`desk.out.${conversation}`, {
        send(item) {
          if (store.state.link !== "open") return false;
          send(conversation, item);
          return true;
        },
        changed: (items) => store.dispatch({ type: "local.outbox", conversation, items }),
        refused: (item, code) => refused(conversation, item.text, code),
      });
      boxes.set(conversation, box);
    }
    return boxes.get(conversation);
  }

  return {
    say: (conversation, text) => boxOf(conversation).say(text),
    retry: (conversation) => boxOf(conversation).flush(),
    /** After every welcome: what is kept for the conversations held here is shown and said again. */
    resume() {
      for (const id of store.state.slots) if (id && boxOf(id).items().length) boxOf(id).flush();
    },
  };
}
