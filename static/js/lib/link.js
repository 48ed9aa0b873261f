/**
 * A page's line to the server: connects, comes back by itself, and knows by its own heartbeat when it is deaf.
 * Frames go in and out as objects; what they mean is the store's affair.
 */

import { after, cancel } from "./clock.js";

const BASE_MS = 500;
/**
 * Within this a page tries again, for however long the line has been gone. Of the 5 s that are promised after a fault's
 * end it leaves two to a server that is just up and busy with all who come back.
 */
const CAP_MS = 3000;
const PONG_WITHIN_MS = 10000;
const HELLO_WITHIN_MS = 10000;
/** A server to which everybody comes back at once answers late: who gives up early only makes it later for all. */
const HELLO_PATIENCE = 4;
/**
 * A line that owes an answer for so long may be dead, while a new one would pass: a second one is tried beside it. The
 * first that answers stays. After each false alarm the page is twice as patient, so that a slow server gets no storm.
 */
const SPARE_AFTER_MS = 1500;
const SPARE_AFTER_MOST_MS = 8000;
/**
 * A page asks after so much silence, also one that nobody looks at: a counselor relies on the desk's tone in another
 * tab, and who waits for an answer reads something else meanwhile. An echo costs the server 0.1 to 0.2 ms. A phone pays
 * for it only for minutes, for it freezes pages in the background.
 */
const QUIET_MS = 2500;
/** Only asks whether the line is alive: unlike a heartbeat it costs the server next to nothing. */
const ECHO = { type: "echo", id: 0 };
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
  /** A second connection beside one that is doubted. */
  let spare = null;
  let spareAfter = SPARE_AFTER_MS;
  let alarm = 0;
  let tries = 0;
  let again = 0;
  let beat = 0;
  let watchdog = 0;
  /** A heartbeat is out and unanswered: another one meanwhile must not give a dead line more time. */
  let pinged = false;
  let unanswered = 1;
  let doubt = 0;
  let heard = 0;
  let quiet = 0;
  let ended = false;
  let retryAfter = 0;
  let open = false;

  function url() {
    return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;
  }

  function put(frame, line = socket) {
    if (!line || line.readyState !== WebSocket.OPEN) return false;
    line.send(JSON.stringify(frame));
    return true;
  }

  function expect(milliseconds, missed = () => {}) {
    cancel(watchdog);
    watchdog = after(milliseconds, () => {
      missed();
      drop();
    });
  }

  /** Every frame but "typing" is answered: silence after one is looked into at once, not at the next heartbeat. */
  function send(frame) {
    if (!open || !put(frame)) return false;
    if (!doubt && frame.type !== "typing") doubt = after(spareAfter, suspect);
    return true;
  }

  function trust() {
    cancel(doubt);
    doubt = 0;
  }

  function suspect() {
    ask(ECHO);
    trySpare();
  }

  function trySpare() {
    if (open && !ended && !spare) spare = dial();
  }

  /** The heartbeat was answered. If a second line was on its way, the first one was only slow. */
  function settle() {
    cancel(watchdog);
    cancel(alarm);
    pinged = false;
    spareAfter = spare ? Math.min(spareAfter * 2, SPARE_AFTER_MOST_MS) : Math.max(spareAfter * 0.95, SPARE_AFTER_MS);
    letGo(spare);
    spare = null;
  }

  /** A close event of its own may come minutes later: it is not waited for. */
  function letGo(line) {
    if (!line) return;
    line.onclose = line.onmessage = line.onopen = line.onerror = null;
    line.close();
  }

  /** Let go of a socket that does not answer. */
  function drop() {
    letGo(socket);
    letGo(spare);
    socket = spare = null;
    lost();
  }

  /** The second line was welcomed: it is the line now. What the first one still owed is asked for again. */
  function replace() {
    letGo(socket);
    socket = spare;
    spare = null;
    stopTimers();
    spareAfter = SPARE_AFTER_MS;
    does.state("lost");
  }

  function stopTimers() {
    cancel(watchdog);
    cancel(alarm);
    cancel(quiet);
    cancel(beat);
    trust();
    pinged = false;
  }

  function lost() {
    stopTimers();
    open = false;
    if (ended) return;
    does.state("lost");
    cancel(again);
    const most = Math.min(CAP_MS, BASE_MS * 2 ** tries);
    tries += 1;
    again = after(retryAfter || Math.random() * most, connect);
    retryAfter = 0;
  }

  function end() {
    ended = true;
    cancel(again);
    stopTimers();
    letGo(spare);
    spare = null;
    does.state("ended");
  }

  function ping() {
    ask(does.ping());
  }

  function keepBeating(milliseconds) {
    cancel(beat);
    beat = after(milliseconds, () => {
      keepBeating(milliseconds);
      ping();
    });
  }

  function ask(frame) {
    if (!open || !put(frame) || pinged) return;
    pinged = true;
    expect(PONG_WITHIN_MS);
    alarm = after(spareAfter, trySpare);
  }

  /** A page asks by itself when it has heard nothing for a while. */
  function watchSilence() {
    cancel(quiet);
    const now = Date.now();
    // A clock that was put back must not let the page wait for hours.
    heard = Math.min(heard, now);
    const left = heard + QUIET_MS - now;
    if (left <= 0 && !pinged) ask(ECHO);
    quiet = after(left > 0 ? left : QUIET_MS, watchSilence);
  }

  function hear(event, line) {
    let frame;
    try {
      frame = JSON.parse(event.data);
    } catch {
      return;
    }
    if (line === spare) {
      if (frame.type === "welcome") replace();
      else if (frame.type !== "bye" || frame.retry_after_ms >= 0) return;
    } else if (frame.type === "error" && !open) {
      // Hello was refused, for the database is away: no welcome comes here, and another try may be welcome.
      drop();
      return;
    }
    trust();
    heard = Date.now();
    if (frame.type === "welcome") {
      cancel(watchdog);
      pinged = false;
      tries = 0;
      unanswered = 1;
      open = true;
      keepBeating(frame.heartbeat_seconds * 1000);
      watchSilence();
    }
    if (frame.type === "pong") settle();
    // Where our timers sleep in the background all the same, what the server says still wakes us.
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
    cancel(again);
    if (ended || socket) return;
    socket = dial();
    expect(HELLO_WITHIN_MS * unanswered, () => {
      unanswered = Math.min(unanswered + 1, HELLO_PATIENCE);
    });
  }

  function dial() {
    const line = new WebSocket(url());
    line.onopen = () => put(does.hello(), line);
    line.onmessage = (event) => hear(event, line);
    line.onclose = (event) => closed(event, line);
    return line;
  }

  function closed(event, line) {
    if (FINAL.has(event.code)) {
      if (line === socket) socket = null;
      end();
    } else if (line === spare) spare = null;
    else {
      letGo(spare);
      socket = spare = null;
      lost();
    }
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
  // From one network to another: connections of the old one are dead, and nothing says so.
  navigator.connection?.addEventListener?.("change", nudge);

  connect();
  return { send, isOpen: () => open };
}
