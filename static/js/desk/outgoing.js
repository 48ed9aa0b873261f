/** Replies on their way: an outbox for each conversation, and the pending bubbles that show it. */

import { createOutbox } from "../lib/outbox.js";

const KEY = "desk.out.";

/** Conversations for which this tab keeps words, also from before it was loaded anew. */
function kept() {
  try {
    return Object.keys(sessionStorage).filter((key) => key.startsWith(KEY)).map((key) => key.slice(KEY.length));
  } catch {
    return [];
  }
}

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
    if (!box) return;
    if (!answer.code) box.kept(client_id);
    else if (answer.code !== "link") box.refused(client_id, answer.code);
    // Without an answer though the line stands: no welcome will come to say it again, so it is tried again from here.
    else if (store.state.link === "open") box.refused(client_id, "server.fault");
    else box.lost();
  }

  function boxOf(conversation) {
    if (!boxes.has(conversation)) {
      const box = createOutbox(`${KEY}${conversation}`, {
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
    /**
     * After every welcome: what is kept for the conversations held here is shown and said again. What was written to
     * somebody who has meanwhile gone goes back to the writer, and is not said to them some other day.
     */
    resume() {
      for (const id of kept()) {
        if (store.state.slots.includes(id)) continue;
        for (const item of boxOf(id).empty()) refused(id, item.text, "conversation.moved");
        boxes.delete(id);
      }
      for (const id of store.state.slots) if (id && boxOf(id).items().length) boxOf(id).flush();
    },
  };
}
