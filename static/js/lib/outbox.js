/**
 * What was written and is not yet known to be kept. It stays here, in this tab, until the server says that it is
 * stored; said again in order after every reconnect. The client id makes saying it twice harmless.
 */

import { after, cancel } from "./clock.js";

/** Tried again after this, and twice as long each time; give or take, so that not everybody comes at one moment. */
const AGAIN_MS = 1000;
const AGAIN_MOST_MS = 3000;
/** "Not sent" is promised within six seconds, also where a page is slow. */
const ANSWER_MS = 5500;
/** A long outbox goes out more slowly than the server cuts sockets off: so many at once, then one each so often. */
const AT_ONCE = 100;
const PACE_MS = 110;

export function makeId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Codes after which saying the same thing again may help. */
const PASSING = new Set(["storage.unavailable", "server.fault", "frame.too_fast"]);

/**
 * @param {string} key where in sessionStorage
 * @param {object} does
 *   send(item) -> boolean, whether it went out; changed(items); refused(item, code): it cannot be kept, give it back
 */
export function createOutbox(key, does) {
  let items = read();
  let timer = 0;
  let late = 0;
  let failures = 0;
  let left = AT_ONCE;
  let counted = Date.now();

  function read() {
    try {
      return JSON.parse(sessionStorage.getItem(key) || "[]").map((item) => ({ ...item, state: "sending" }));
    } catch {
      return [];
    }
  }

  function changed() {
    try {
      if (items.length) {
        sessionStorage.setItem(key, JSON.stringify(items.map(({ client_id, text }) => ({ client_id, text }))));
      } else sessionStorage.removeItem(key);
    } catch {
      // No storage: the words are still in memory and on the page.
    }
    does.changed(items);
  }

  /** One at a time: the order in which they were written is the order in which they arrive. */
  function flush() {
    cancel(timer);
    cancel(late);
    const first = items[0];
    if (!first) return;
    if (!mayGo()) {
      timer = after(PACE_MS, flush);
      return;
    }
    if (!does.send(first)) {
      fail();
      return;
    }
    left -= 1;
    for (const item of items) item.state = "sending";
    late = after(ANSWER_MS, fail);
    changed();
  }

  function mayGo() {
    const now = Date.now();
    left = Math.min(AT_ONCE, left + Math.max(0, now - counted) / PACE_MS);
    counted = now;
    return left >= 1;
  }

  function fail() {
    cancel(late);
    for (const item of items) item.state = "failed";
    changed();
    cancel(timer);
    const most = Math.min(AGAIN_MOST_MS, AGAIN_MS * 2 ** failures);
    failures += 1;
    timer = after(most * (0.5 + Math.random() / 2), flush);
  }

  function drop(clientId) {
    const before = items.length;
    items = items.filter((item) => item.client_id !== clientId);
    return items.length < before;
  }

  return {
    items: () => items,
    say(text) {
      const item = { client_id: makeId(), text, state: "sending" };
      items.push(item);
      changed();
      // Not while one is on its way; but behind one that failed nothing would move until its next try.
      if (items.length === 1 || items[0].state === "failed") flush();
    },
    /** The server has it: by its acknowledgement, or because the line itself came back. */
    kept(clientId) {
      if (!drop(clientId)) return;
      failures = 0;
      cancel(late);
      changed();
      flush();
    },
    /** The server refused the one that is on its way. */
    refused(clientId, code) {
      const item = items.find((one) => one.client_id === clientId);
      if (!item) return;
      if (PASSING.has(code)) {
        fail();
        return;
      }
      drop(clientId);
      changed();
      does.refused(item, code);
      flush();
    },
    /** The connection is there again, or somebody pressed "try again". */
    flush,
    lost() {
      cancel(timer);
      cancel(late);
      if (items.length) {
        for (const item of items) item.state = "failed";
        changed();
      }
    },
    /** Take all of it away: it cannot be said here any more. */
    empty() {
      const all = items;
      items = [];
      cancel(timer);
      cancel(late);
      changed();
      return all;
    },
    clear() {
      items = [];
      changed();
    },
  };
}
