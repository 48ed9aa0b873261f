/**
 * Replies on their way: kept in this tab until the server says that they are stored, sent again in order after every
 * reconnect. The client id makes saying one twice harmless.
 */

const PREFIX = "desk.out.";
const AGAIN_MS = 5000;

function makeId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function read(conversation) {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + conversation) || "[]");
  } catch {
    return [];
  }
}

/**
 * @param {object} store dispatches local.pending, local.status, local.unsaid
 * @param {(type: string, fields: object) => Promise<{code: string}>} ask
 * @param {(conversation: string, words: string, code: string) => void} refused words that go back into the field
 */
export function createOutgoing(store, ask, refused) {
  const kept = new Map();
  const busy = new Set();
  const timers = new Map();

  function boxOf(conversation) {
    if (!kept.has(conversation)) kept.set(conversation, read(conversation));
    return kept.get(conversation);
  }

  function save(conversation) {
    const box = boxOf(conversation);
    try {
      if (box.length) sessionStorage.setItem(PREFIX + conversation, JSON.stringify(box));
      else sessionStorage.removeItem(PREFIX + conversation);
    } catch {
      // No storage: the words are still in memory, and on the page.
    }
  }

  function drop(conversation, clientId) {
    const box = boxOf(conversation);
    const at = box.findIndex((one) => one.client_id === clientId);
    if (at >= 0) box.splice(at, 1);
    save(conversation);
  }

  function mark(conversation, clientId, status, code = "") {
    store.dispatch({ type: "local.status", conversation, client_id: clientId, status, code });
  }

  /** One after the other: the order in which they were written is the order in which they arrive. */
  async function flush(conversation) {
    if (busy.has(conversation)) return;
    busy.add(conversation);
    clearTimeout(timers.get(conversation));
    try {
      while (boxOf(conversation).length) {
        const one = boxOf(conversation)[0];
        mark(conversation, one.client_id, "sending");
        const answer = await ask("message.send", { conversation, client_id: one.client_id, text: one.text });
        if (!answer.code) {
          drop(conversation, one.client_id);
          continue;
        }
        if (["link", "storage.unavailable", "server.fault", "frame.too_fast"].includes(answer.code)) {
          for (const waiting of boxOf(conversation)) mark(conversation, waiting.client_id, "failed", answer.code);
          if (answer.code !== "link") timers.set(conversation, setTimeout(() => flush(conversation), AGAIN_MS));
          return;
        }
        drop(conversation, one.client_id);
        store.dispatch({ type: "local.unsaid", conversation, client_id: one.client_id });
        refused(conversation, one.text, answer.code);
      }
    } finally {
      busy.delete(conversation);
    }
  }

  return {
    say(conversation, text) {
      const one = { client_id: makeId(), text };
      boxOf(conversation).push(one);
      save(conversation);
      store.dispatch({ type: "local.pending", conversation, ...one });
      flush(conversation);
      return true;
    },
    retry: flush,
    /** After every welcome: show what is kept for the conversations held here, and send it again. */
    resume() {
      for (const id of store.state.slots) {
        if (!id || !boxOf(id).length) continue;
        for (const one of boxOf(id)) store.dispatch({ type: "local.pending", conversation: id, ...one });
        flush(id);
      }
    },
  };
}
