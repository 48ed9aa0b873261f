/** The line to the server for any staff page: frames into the store, questions with answers, gaps asked for again. */

import { after } from "../lib/clock.js";
import { createLink } from "../lib/link.js";
import { createRequests } from "./requests.js";
import { gaps, held } from "./store.js";
import { setOffset } from "./time.js";

/** Lines that are on their way get this long before they are asked for. */
const GAP_MS = 400;

const LEFT = "desk.left_at";

/**
 * Signed out elsewhere, or the account was closed: nothing that people said stays on the screen. The same address
 * asks for signing in; should it not (twice in a few seconds), the page stays and says that it is signed out.
 */
function leaveAtOnce() {
  const before = Number(sessionStorage.getItem(LEFT) || 0);
  if (Date.now() - before < 10000) return;
  sessionStorage.setItem(LEFT, String(Date.now()));
  location.reload();
}

/**
 * @param {object} store
 * @param {{ready?: () => void, welcome?: (frame: object) => void}} does ready: after every welcome
 */
export function createLine(store, does = {}) {
  const asked = new Map();
  let gapTimer = 0;
  let permissions = null;

  function askForGaps() {
    gapTimer = 0;
    const now = Date.now();
    for (const conversation of gaps(store.state)) {
      const last = asked.get(conversation.id);
      if (last && last.after === conversation.held && now - last.at < 3000) continue;
      asked.set(conversation.id, { after: conversation.held, at: now });
      requests.ask("sync", { conversation: conversation.id, after: conversation.held });
    }
  }

  function hear(frame) {
    store.dispatch(frame);
    setOffset(store.state.offset);
    requests.hear(frame);
    if (frame.type === "welcome") {
      const fresh = frame.permissions.join(" ");
      // Another role is another page.
      if (permissions !== null && permissions !== fresh) location.reload();
      permissions = fresh;
      does.ready?.();
    }
    if (gaps(store.state).length && !gapTimer) gapTimer = after(GAP_MS, askForGaps);
  }

  const link = createLink("/ws/desk/", {
    hello: () => ({ type: "hello", id: requests.nextId(), held: held(store.state) }),
    ping: () => ({ type: "ping", id: requests.nextId(), held: held(store.state) }),
    hear,
    state(state) {
      store.dispatch({ type: "local.link", link: state });
      if (state !== "open") requests.lost();
      if (state === "ended") leaveAtOnce();
    },
  });
  const requests = createRequests((frame) => link.send(frame));

  return {
    ask: (type, fields) => requests.ask(type, fields),
    /** Say something that is not answered. */
    tell: (frame) => link.send(frame),
  };
}
