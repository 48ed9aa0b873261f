/**
 * A page's line to the server: connects, comes back by itself, and knows by its own heartbeat when it is deaf.
 * Frames go in and out as objects; what they mean is the store's affair.
 */

const BASE_MS = 500;
/** Within this the page is back once the fault has ended; after so many tries the line has been gone for minutes. */
const CAP_MS = 4000;
const LONG_CAP_MS = 15000;
const LONG_TRIES = 80;
const PONG_WITHIN_MS = 10000;
const HELLO_WITHIN_MS = 10000;
/** A server to which everybody comes back at once answers late: who gives up early only makes it later for all. */
const HELLO_PATIENCE = 4;
/** Whoever said something and hears nothing at all for so long asks whether the line still stands; and as long again. */
const DOUBT_MS = 5000;
/** The server speaks to a waking page at least this often: a page that slept longer does not ask, it connects anew. */
const STALE_MS = 60000;
/** Close codes after which coming back by itself makes no sense. */
const FINAL = new Set([4401, 4403]);

/**
 * @param {string} path such as "/ws/desk/"
 * @param {object} does
 *   hello() -> frame to say first; ping() -> heartbeat frame; hear(frame); state("connecting"|"open"|"lost"|"ended")
 */
export function createLink(path, does) {
  let socket = null;
  let tries = 0;
  let again = 0;
  let beat = 0;
  let watchdog = 0;
  /** A heartbeat is out and unanswered: another one meanwhile must not give a dead line more time. */
  let pinged = false;
  let unanswered = 1;
  let doubt = 0;
  let heard = 0;
  let ended = false;
  let retryAfter = 0;
  let open = false;

  function url() {
    return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;
  }

  function put(frame) {
    if (!socket || socket.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(frame));
    return true;
  }

  function expect(milliseconds, missed = () => {}) {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => {
      missed();
      drop();
    }, milliseconds);
  }

  /** Every frame but "typing" is answered: silence after one is looked into at once, not at the next heartbeat. */
  function send(frame) {
    if (!open || !put(frame)) return false;
    if (!doubt && frame.type !== "typing") doubt = setTimeout(() => ping(DOUBT_MS), DOUBT_MS);
    return true;
  }

  function trust() {
    clearTimeout(doubt);
    doubt = 0;
  }

  /** Let go of a socket that does not answer; its own close event may come minutes later, so it is not waited for. */
  function drop() {
    const old = socket;
    socket = null;
    if (old) {
      old.onclose = old.onmessage = old.onopen = old.onerror = null;
      old.close();
    }
    lost();
  }

  function lost() {
    clearTimeout(watchdog);
    trust();
    pinged = false;
    clearInterval(beat);
    open = false;
    if (ended) return;
    does.state("lost");
    clearTimeout(again);
    const most = Math.min(tries < LONG_TRIES ? CAP_MS : LONG_CAP_MS, BASE_MS * 2 ** tries);
    tries += 1;
    again = setTimeout(connect, retryAfter || Math.random() * most);
    retryAfter = 0;
  }

  function end() {
    ended = true;
    clearTimeout(again);
    clearTimeout(watchdog);
    trust();
    clearInterval(beat);
    does.state("ended");
  }

  function ping(within = PONG_WITHIN_MS) {
    if (!open || !put(does.ping()) || pinged) return;
    pinged = true;
    expect(within);
  }

  function hear(event) {
    trust();
    heard = Date.now();
    let frame;
    try {
      frame = JSON.parse(event.data);
    } catch {
      return;
    }
    if (frame.type === "welcome") {
      clearTimeout(watchdog);
      pinged = false;
      tries = 0;
      unanswered = 1;
      open = true;
      clearInterval(beat);
      beat = setInterval(() => ping(), frame.heartbeat_seconds * 1000);
    }
    if (frame.type === "pong") {
      clearTimeout(watchdog);
      pinged = false;
    }
    // In the background our own timers sleep; what the server says still wakes us.
    if (frame.type === "beat") ping();
    if (frame.type === "bye") {
      if (frame.retry_after_ms < 0) end();
      else retryAfter = frame.retry_after_ms && frame.retry_after_ms * (0.5 + Math.random());
    }
    does.hear(frame);
    // The server has said its last word here: coming back need not wait for the close itself to arrive.
    if (frame.type === "bye" && !ended) drop();
  }

  function connect() {
    clearTimeout(again);
    if (ended || socket) return;
    socket = new WebSocket(url());
    expect(HELLO_WITHIN_MS * unanswered, () => {
      unanswered = Math.min(unanswered + 1, HELLO_PATIENCE);
    });
    socket.onopen = () => put(does.hello());
    socket.onmessage = hear;
    socket.onclose = (event) => {
      socket = null;
      if (FINAL.has(event.code)) end();
      else lost();
    };
  }

  /** Something suggests that the world has changed: ask at once rather than at the next beat. */
  function nudge() {
    if (ended) return;
    if (open && Date.now() - heard > STALE_MS) drop();
    if (open) ping();
    else if (!socket) connect();
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) nudge();
  });
  window.addEventListener("pageshow", nudge);
  window.addEventListener("online", nudge);
  window.addEventListener("offline", () => {
    if (open) ping();
  });

  connect();
  return { send, isOpen: () => open };
}
