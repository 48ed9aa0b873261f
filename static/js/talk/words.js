/** Words of the reader's language. */

const dictionary = JSON.parse(document.getElementById("dictionary")?.textContent || "{}");

/** The words for `key`, with {names} filled in. */
export function say(key, values = {}) {
  let words = dictionary[key] ?? "";
  for (const [name, value] of Object.entries(values)) words = words.replaceAll(`{${name}}`, String(value));
  return words;
}

/** Words for a refusal. */
export function sayError(code) {
  return dictionary[`error.${code}`] ?? dictionary["error.other"];
}

/** An event such as "joined:alias" in words; "" for one this page does not know. */
export function sayEvent(event) {
  const colon = event.indexOf(":");
  const code = colon < 0 ? event : event.slice(0, colon);
  const argument = colon < 0 ? "" : event.slice(colon + 1);
  return dictionary[`event.${code}.${argument}`] ?? say(`event.${code}`, { name: argument });
}
