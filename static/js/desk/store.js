/**
 * What the desk knows: plain data and the functions that change it. No document, no socket, no clock of its own.
 *
 * `reduce(state, frame, now)` takes a frame of the server (or a local event, whose type begins with "local.") and
 * returns the next state; what did not change keeps its identity, so that views compare by `===`.
 * `now` is in milliseconds of the page's clock.
 */

/** How long "taken by ..." stays in the queue, in milliseconds. */
export const TAKEN_SHOWN_MS = 4000;
/** The server tells when typing stops; if that word is lost, it stops by itself after this many milliseconds. */
export const TYPING_SHOWN_MS = 8000;
/** Why something did not work is said and then goes; what became of a person stays until it is put away. */
export const NOTICE_SHOWN_MS = 10000;
const PASSING_NOTICES = 3;
/** As many as a desk may hold conversations. */
const MOST_NOTICES = 12;

export function blank() {
  return {
    link: "connecting",
    offset: 0,
    me: null,
    permissions: [],
    duty: { state: "off", capacity: 3 },
    queue: [],
    queueTotal: 0,
    /** Rows the last queue frame took away, with their place: a "taken" may come after it. */
    justLeft: {},
    /** Rows somebody took, still shown for a moment: id -> {row, index, by, until}. */
    taken: {},
    conversations: {},
    /** Conversation ids by place (keys 1 to 6 and on); "" is a free place. */
    slots: [],
    /** The conversation under the hands. */
    focus: "",
    /** A conversation just taken: it comes under the hands as soon as it is here. */
    wanted: "",
    /** Why a conversation will leave, where one did it oneself: id -> dotted code. */
    expected: {},
    /** Is somebody looking at this page? */
    looked: true,
    colleagues: [],
    handovers: [],
    board: null,
    /** What happened to conversations that are not here any more: [{key, conversation, label, why}]. */
    notices: [],
    noticeCount: 0,
  };
}

function conversationOf(state, id) {
  return (
    state.conversations[id] || {
      id,
      view: null,
      lines: [],
      held: 0,
      upto: 0,
      pending: [],
      typingUntil: 0,
      read: 0,
      reading: false,
    }
  );
}

function put(state, conversation) {
  return { ...state, conversations: { ...state.conversations, [conversation.id]: conversation } };
}

function without(map, key) {
  const rest = { ...map };
  delete rest[key];
  return rest;
}

/** What this page holds of each conversation: {id: last seq}, for hello and ping. */
export function held(state) {
  const result = {};
  for (const conversation of Object.values(state.conversations)) {
    if (conversation.view && (conversation.reading || (conversation.view.mine && conversation.view.state !== "closed"))) {
      result[conversation.id] = conversation.held;
    }
  }
  return result;
}

/** Conversations of which the server has more than this page holds. */
export function gaps(state) {
  return Object.values(state.conversations).filter(
    (one) => one.upto > one.held && (one.reading || one.view?.state !== "closed"),
  );
}

// --- lines ----------------------------------------------------------------------------------------------------------

/** Lines in order: only the one after the last held counts; a gap is asked for again by whoever watches `gaps`. */
export function withLines(conversation, lines, upto) {
  let { held: last, pending } = conversation;
  const fresh = [];
  for (const line of [...lines].sort((a, b) => a.seq - b.seq)) {
    if (line.seq !== last + 1) continue;
    last = line.seq;
    fresh.push(line);
    if (line.client_id) pending = pending.filter((one) => one.client_id !== line.client_id);
  }
  const known = Math.max(conversation.upto, upto || 0, last);
  if (!fresh.length && known === conversation.upto) return conversation;
  const spoke = fresh.some((line) => line.author === "resident");
  return {
    ...conversation,
    lines: fresh.length ? [...conversation.lines, ...fresh] : conversation.lines,
    held: last,
    upto: known,
    pending,
    typingUntil: spoke ? 0 : conversation.typingUntil,
  };
}

function readUpTo(state, id) {
  const conversation = state.conversations[id];
  if (!conversation || !state.looked || state.focus !== id || conversation.read >= conversation.held) return state;
  return put(state, { ...conversation, read: conversation.held });
}

/** Lines of the resident that nobody has looked at. */
export function unread(conversation) {
  if (!conversation.view || conversation.view.state === "closed") return 0;
  let count = 0;
  for (let at = conversation.lines.length - 1; at >= 0; at -= 1) {
    const line = conversation.lines[at];
    if (line.seq <= conversation.read) break;
    if (line.author === "resident") count += 1;
  }
  return count;
}


/** When the resident began to wait for an answer of ours, as ISO time; "" when the last word was ours. */
export function waitingOnUs(conversation) {
  const { view, lines, pending } = conversation;
  if (!view || view.state !== "active" || pending.length) return "";
  let since = "";
  let joined = "";
  for (let at = lines.length - 1; at >= 0 && lines[at].author !== "counselor"; at -= 1) {
    const line = lines[at];
    if (line.author === "resident") since = line.at;
    else if (!joined && /^(joined|handed):/.test(line.event)) joined = line.at;
  }
  // What was said in the queue waits on us only since somebody of us is there.
  return since && joined > since ? joined : since;
}

// --- slots ----------------------------------------------------------------------------------------------------------

function seat(state, id) {
  if (state.slots.includes(id)) return state;
  const slots = [...state.slots];
  const free = slots.indexOf("");
  if (free >= 0) slots[free] = id;
  else slots.push(id);
  const wanted = state.wanted === id;
  return { ...state, slots, focus: wanted || !state.focus ? id : state.focus, wanted: wanted ? "" : state.wanted };
}

function unseat(state, id) {
  const place = state.slots.indexOf(id);
  if (place < 0) return state;
  const slots = [...state.slots];
  slots[place] = "";
  while (slots.length && !slots[slots.length - 1]) slots.pop();
  let { focus } = state;
  if (focus === id) focus = slots.slice(place).find(Boolean) || [...slots].reverse().find(Boolean) || "";
  return readUpTo({ ...state, slots, focus, conversations: without(state.conversations, id) }, focus);
}

/** That somebody is no longer one's own stays until it is put away, however many left at once; passing words make room. */
function atMost(notices) {
  const passing = notices.filter((one) => one.until).slice(-PASSING_NOTICES);
  return notices.filter((one) => !one.until || passing.includes(one)).slice(-MOST_NOTICES);
}

function note(state, conversation, label, why) {
  const key = state.noticeCount + 1;
  return { ...state, noticeCount: key, notices: atMost([...state.notices, { key, conversation, label, why }]) };
}

/** What is known here of why it left says more than the server's code: given back by oneself, handed over. */
function whyGone(state, conversation, why) {
  if (state.expected[conversation.id]) return state.expected[conversation.id];
  const offer = conversation.view?.handover;
  return why === "conversation.moved" && offer && offer.mine ? "conversation.handed_over" : why;
}

function leave(state, id, code) {
  const conversation = state.conversations[id];
  const why = conversation ? whyGone(state, conversation, code) : code;
  const label = conversation && conversation.view ? conversation.view.label : "";
  const had = state.slots.includes(id);
  const next = had ? unseat(state, id) : { ...state, conversations: without(state.conversations, id) };
  return had ? note(next, id, label, why) : next;
}

/** Of somebody who erased everything the page, too, keeps nothing but that they did. */
function forgotten(conversation) {
  if (!conversation.view.erased) return conversation;
  const { id, view } = conversation;
  const empty = { topic: "", age_band: "", mood_before: null, mood_after: null, notes: [], earlier: [], danger: false };
  const risk = { ...view.risk, spans: [], reason: "" };
  const label = `#${id.slice(0, 4).toUpperCase()}`;
  return { ...conversation, lines: [], pending: [], view: { ...view, ...empty, risk, label } };
}

function withView(state, view) {
  const before = conversationOf(state, view.conversation);
  const wasMine = state.slots.includes(view.conversation);
  if (wasMine && !view.mine && view.state !== "closed") return leave(state, view.conversation, "conversation.moved");
  const known = view.mine ? { ...state, expected: without(state.expected, view.conversation) } : state;
  const fresh = forgotten({
    ...before,
    view,
    upto: Math.max(before.upto, view.upto),
    reading: before.reading || !(view.mine || wasMine),
  });
  const next = put(known, fresh);
  return view.mine ? seat(next, view.conversation) : next;
}

// --- the queue ------------------------------------------------------------------------------------------------------

function withQueue(state, rows, total) {
  const present = new Set(rows.map((row) => row.conversation));
  const justLeft = {};
  state.queue.forEach((row, index) => {
    if (!present.has(row.conversation)) justLeft[row.conversation] = { row, index };
  });
  const taken = Object.fromEntries(Object.entries(state.taken).filter(([id]) => !present.has(id)));
  return { ...state, queue: rows, queueTotal: total, justLeft, taken };
}

function withTaken(state, id, by, now) {
  const index = state.queue.findIndex((row) => row.conversation === id);
  const gone = index >= 0 ? { row: state.queue[index], index } : state.justLeft[id];
  const queue = index >= 0 ? state.queue.filter((row) => row.conversation !== id) : state.queue;
  const queueTotal = index >= 0 ? Math.max(0, state.queueTotal - 1) : state.queueTotal;
  const mine = state.me && by === state.me.name;
  const taken = gone && !mine ? { ...state.taken, [id]: { ...gone, by, until: now + TAKEN_SHOWN_MS } } : state.taken;
  return { ...state, queue, queueTotal, taken };
}

/** Rows as shown: those who wait, and for a moment, in their old place, those somebody just took. */
export function shownQueue(state) {
  const rows = state.queue.map((row) => ({ row, takenBy: "" }));
  const taken = Object.values(state.taken).sort((a, b) => a.index - b.index);
  for (const one of taken) rows.splice(Math.min(one.index, rows.length), 0, { row: one.row, takenBy: one.by });
  return rows;
}

// --- everything that can happen -------------------------------------------------------------------------------------

function welcome(state, frame, now) {
  const mine = new Set(frame.views.map((view) => view.conversation));
  let next = {
    ...state,
    link: "open",
    offset: Date.parse(frame.at) - now,
    me: frame.me,
    permissions: frame.permissions,
    duty: { state: frame.me.duty, capacity: frame.me.capacity },
    queue: frame.queue,
    queueTotal: frame.queue.length,
    justLeft: {},
    taken: {},
    colleagues: frame.colleagues,
    handovers: frame.handovers,
  };
  for (const id of state.slots) {
    const one = id && state.conversations[id];
    // The server says "gone" of each of these, and brings the last words first.
    if (one && one.view && one.view.state !== "closed" && !mine.has(id)) {
      next = { ...next, expected: { [id]: "conversation.vanished", ...next.expected } };
    }
  }
  for (const view of frame.views) next = withView(next, view);
  return next;
}

function gone(state, frame) {
  const conversation = state.conversations[frame.conversation];
  if (!conversation || !conversation.view) return state;
  if (!/\.(closed|erased)$/.test(frame.why)) return leave(state, frame.conversation, frame.why);
  // The end is shown where it happened, until it is put away.
  const last = conversation.lines[conversation.lines.length - 1];
  const ending = conversation.view.ending || (last?.event.startsWith("closed:") ? last.event.slice(7) : "");
  const view = { ...conversation.view, state: "closed", ending, erased: conversation.view.erased || /erased$/.test(frame.why) };
  return put(state, forgotten({ ...conversation, view }));
}

const reducers = {
  welcome,
  gone,
  queue: (state, frame) => withQueue(state, frame.rows, frame.total),
  taken: (state, frame, now) => withTaken(state, frame.conversation, frame.by, now),
  view: (state, frame) => readUpTo(withView(state, frame.view), frame.view.conversation),
  risk(state, frame) {
    const conversation = state.conversations[frame.conversation];
    if (!conversation?.view) return state;
    return put(state, { ...conversation, view: { ...conversation.view, risk: frame.risk } });
  },
  lines(state, frame) {
    const conversation = withLines(conversationOf(state, frame.conversation), frame.lines, frame.upto);
    return readUpTo(put(state, conversation), frame.conversation);
  },
  typing(state, frame, now) {
    const conversation = state.conversations[frame.conversation];
    if (!conversation) return state;
    return put(state, { ...conversation, typingUntil: frame.on ? now + TYPING_SHOWN_MS : 0 });
  },
  duty: (state, frame) => ({ ...state, duty: frame.duty }),
  colleagues: (state, frame) => ({ ...state, colleagues: frame.colleagues }),
  handovers: (state, frame) => ({ ...state, handovers: frame.handovers }),
  board: (state, frame, now) => ({ ...state, board: frame, offset: Date.parse(frame.at) - now }),
  pong: (state, frame, now) => ({ ...state, offset: Date.parse(frame.at) - now }),
  ack(state, frame) {
    const conversation = state.conversations[frame.conversation];
    if (!conversation || !frame.seq) return state;
    const pending = conversation.pending.map((one) =>
      one.client_id === frame.client_id ? { ...one, status: "sent", at: frame.at } : one,
    );
    return put(state, { ...conversation, pending, upto: Math.max(conversation.upto, frame.seq) });
  },

  "local.link": (state, event) => (state.link === event.link ? state : { ...state, link: event.link }),
  "local.focus"(state, event) {
    if (event.conversation && !state.slots.includes(event.conversation)) return state;
    return readUpTo({ ...state, focus: event.conversation }, event.conversation);
  },
  "local.want"(state, event) {
    if (!state.slots.includes(event.conversation)) return { ...state, wanted: event.conversation };
    return readUpTo({ ...state, focus: event.conversation }, event.conversation);
  },
  "local.expect": (state, event) => ({ ...state, expected: { ...state.expected, [event.conversation]: event.why } }),
  "local.looked": (state, event) => readUpTo({ ...state, looked: event.looked }, state.focus),
  /** What the outbox of a conversation holds. Acknowledged words stay until their line comes. */
  "local.outbox"(state, event) {
    const conversation = state.conversations[event.conversation];
    if (!conversation) return state;
    const said = new Set(conversation.lines.map((line) => line.client_id));
    const sent = conversation.pending.filter((one) => one.status === "sent");
    // What stands behind words that could not be sent is not being sent either.
    const stuck = event.items.findIndex((item) => item.state === "failed");
    const open = event.items
      .map((item, at) => ({
        client_id: item.client_id,
        text: item.text,
        status: stuck >= 0 && at > stuck ? "failed" : item.state,
        at: "",
      }))
      .filter((item) => !said.has(item.client_id));
    const kept = sent.filter((one) => !open.some((other) => other.client_id === one.client_id));
    return put(state, { ...conversation, pending: [...kept, ...open] });
  },
  "local.put_away": (state, event) => unseat(state, event.conversation),
  "local.stop_reading": (state, event) => ({ ...state, conversations: without(state.conversations, event.conversation) }),
  "local.notice"(state, event, now) {
    const key = state.noticeCount + 1;
    const one = { key, conversation: "", label: "", why: "", words: event.words, until: now + NOTICE_SHOWN_MS };
    return { ...state, noticeCount: key, notices: atMost([...state.notices, one]) };
  },
  "local.dismiss": (state, event) => ({ ...state, notices: state.notices.filter((one) => one.key !== event.key) }),
  "local.tick"(state, event, now) {
    const taken = Object.entries(state.taken).filter(([, one]) => one.until > now);
    const notices = state.notices.filter((one) => !one.until || one.until > now);
    if (taken.length === Object.keys(state.taken).length && notices.length === state.notices.length) return state;
    return { ...state, taken: Object.fromEntries(taken), notices };
  },
};

export function reduce(state, frame, now) {
  const reducer = Object.hasOwn(reducers, frame.type) ? reducers[frame.type] : null;
  return reducer ? reducer(state, frame, now) : state;
}

/** A holder of the state: `dispatch` changes it, listeners hear (next, before) at once and once per change. */
export function createStore() {
  let state = blank();
  const listeners = new Set();
  return {
    get state() {
      return state;
    },
    dispatch(frame) {
      const before = state;
      state = reduce(state, frame, Date.now());
      if (state !== before) for (const listener of listeners) listener(state, before);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
