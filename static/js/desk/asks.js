/** The desk's questions: level, handover, give back, help, end. Each answers "" when done, or words that say why not. */

import { createDialog, fillColleagues } from "./dialogs.js";
import { announce, part, say, sayCode, show } from "./dom.js";

/** The trimmed words of a field; a question that needs words refuses to go without. */
function wordsOf(values, name) {
  return String(values.get(name) ?? "").trim();
}

/**
 * What each question sends. `put(type, fields)` answers "" or why not; `expect(why)` tells the store why the
 * conversation is about to leave.
 */
function submissions(put, expect) {
  const missing = () => say("error.reason.missing");
  return {
    override(values) {
      const reason = wordsOf(values, "reason");
      const level = values.get("level");
      return reason && level ? put("level.override", { level, reason }) : missing();
    },
    handover(values) {
      const note = wordsOf(values, "note");
      const to = Number(values.get("to"));
      if (!to) return say("error.handover.no_such_colleague");
      return note ? put("handover.offer", { to, note }) : missing();
    },
    async give_back(values) {
      const note = wordsOf(values, "note");
      if (!note) return missing();
      expect("conversation.given_back");
      const why = await put("conversation.give_back", { note });
      if (why) expect("");
      return why;
    },
    help(values) {
      const question = wordsOf(values, "question");
      return question ? put("help.ask", { question }) : missing();
    },
    async end(values) {
      const ending = values.get("ending");
      if (!ending) return say("error.ending");
      const why = await put("conversation.end", { ending, wrap_up: wordsOf(values, "wrap_up") });
      if (!why) announce(say("talk.ended", { ending: say(`ending.${ending}`) }));
      return why;
    },
  };
}

/**
 * @param {object} store
 * @param {(type: string, fields: object) => Promise<{code: string}>} ask
 * @returns {Record<string, () => void>} what opens each question for the conversation under the hands
 */
export function createAsks(store, ask) {
  let about = "";

  async function put(type, fields) {
    const answer = await ask(type, { conversation: about, ...fields });
    return answer.code ? sayCode("error", answer.code) : "";
  }

  const sends = submissions(put, (why) => store.dispatch({ type: "local.expect", conversation: about, why }));

  function opener(name, prepare = () => {}) {
    const dialog = createDialog(`dialog-${name.replace("_", "-")}`, sends[name]);
    return () => {
      const chosen = store.state.conversations[store.state.focus]?.view;
      if (!chosen || chosen.state !== "active" || !chosen.mine) return;
      about = chosen.conversation;
      dialog.open(chosen.label);
      prepare(dialog.element, chosen);
    };
  }

  function offerColleagues(element) {
    const { colleagues, me } = store.state;
    show(part(element, "nobody-there"), !fillColleagues(part(element, "to"), colleagues, me));
  }

  store.subscribe((state, before) => {
    const element = document.getElementById("dialog-handover");
    if (state.colleagues !== before.colleagues && element.open) offerColleagues(element);
  });

  return {
    override: opener("override", (element, chosen) => {
      const radio = element.querySelector(`input[value="${chosen.risk.level}"]`);
      radio.checked = true;
      radio.focus();
    }),
    handover: opener("handover", offerColleagues),
    give_back: opener("give_back"),
    help: opener("help"),
    end: opener("end"),
  };
}
