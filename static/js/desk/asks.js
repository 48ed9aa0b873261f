/** The desk's questions: level, handover, give back, help, end. Each answers "" when done, or words that say why not. */

import { createDialog, fillColleagues } from "./dialogs.js";
import { announce, part, say, sayCode, show } from "./dom.js";

function needWords(words) {
  return words.trim() ? "" : say("error.reason.missing");
}

/**
 * @param {{state: object}} store
 * @param {(type: string, fields: object) => Promise<{code: string}>} ask
 * @returns {Record<string, () => void>} what opens each question for the conversation under the hands
 */
export function createAsks(store, ask) {
  let about = "";

  function view() {
    return store.state.conversations[store.state.focus]?.view;
  }

  async function put(type, fields) {
    const answer = await ask(type, { conversation: about, ...fields });
    return answer.code ? sayCode("error", answer.code) : "";
  }

  const override = createDialog("dialog-override", (values) => {
    const reason = String(values.get("reason")).trim();
    if (!values.get("level")) return say("error.reason.missing");
    return needWords(reason) || put("level.override", { level: values.get("level"), reason });
  });
  const handover = createDialog("dialog-handover", (values) => {
    const note = String(values.get("note")).trim();
    const to = Number(values.get("to"));
    if (!to) return say("error.handover.no_such_colleague");
    return needWords(note) || put("handover.offer", { to, note });
  });
  const giveBack = createDialog("dialog-give-back", async (values) => {
    const note = String(values.get("note")).trim();
    if (!note) return needWords(note);
    store.dispatch({ type: "local.expect", conversation: about, why: "conversation.given_back" });
    const why = await put("conversation.give_back", { note });
    if (why) store.dispatch({ type: "local.expect", conversation: about, why: "" });
    return why;
  });
  const help = createDialog("dialog-help", (values) => {
    const question = String(values.get("question")).trim();
    return needWords(question) || put("help.ask", { question });
  });
  const end = createDialog("dialog-end", async (values) => {
    const ending = values.get("ending");
    if (!ending) return say("error.reason.missing");
    const why = await put("conversation.end", { ending, wrap_up: String(values.get("wrap_up")).trim() });
    if (!why) announce(say("talk.ended", { ending: say(`ending.${ending}`) }));
    return why;
  });

  function opener(dialog, prepare = () => {}) {
    return () => {
      const chosen = view();
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
    if (state.colleagues !== before.colleagues && handover.element.open) offerColleagues(handover.element);
  });

  return {
    override: opener(override, (element, chosen) => {
      const radio = element.querySelector(`input[value="${chosen.risk.level}"]`);
      radio.checked = true;
      radio.focus();
    }),
    handover: opener(handover, offerColleagues),
    give_back: opener(giveBack),
    help: opener(help),
    end: opener(end),
  };
}
