/** Questions over the socket, each with an id that its answer repeats. */

import { after, cancel } from "../lib/clock.js";

/** After this long without an answer a question counts as not asked; the socket will have noticed by then. */
const PATIENCE_MS = 12000;

/**
 * @param {(frame: object) => boolean} send puts a frame on the socket; false when there is none
 */
export function createRequests(send) {
  const open = new Map();
  // Not from 0: another page of the same person may ask as well, and old answers must not fit new questions.
  let last = Math.floor(Math.random() * 1e9) * 1000;

  function settle(id, result) {
    const one = open.get(id);
    if (!one) return;
    cancel(one.timer);
    open.delete(id);
    one.resolve(result);
  }

  return {
    nextId() {
      last += 1;
      return last;
    },
    /** Ask; resolves to {code: "", frame} or {code: "conversation.taken", detail}. Never rejects. */
    ask(type, fields = {}) {
      const id = this.nextId();
      return new Promise((resolve) => {
        const timer = after(PATIENCE_MS, () => settle(id, { code: "link" }));
        open.set(id, { resolve, timer });
        if (!send({ type, id, ...fields })) settle(id, { code: "link" });
      });
    },
    /** Hand every frame through here; those that answer a question settle it. */
    hear(frame) {
      if (typeof frame.id !== "number" || !open.has(frame.id)) return;
      if (frame.type === "error") settle(frame.id, { code: frame.code, detail: frame.detail });
      else settle(frame.id, { code: "", frame });
    },
    /** The socket is gone: nobody will answer. */
    lost() {
      for (const id of [...open.keys()]) settle(id, { code: "link" });
    },
  };
}
