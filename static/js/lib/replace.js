/** Moving between our pages without leaving a trail: each page takes the place of the one before it in the history. */

export function watchLinks() {
  document.addEventListener("click", (event) => {
    const inside = event.target.closest('a[href^="#"]');
    if (inside) {
      // Going to the content moves the focus, and leaves no step to go back to.
      event.preventDefault();
      document.getElementById(inside.hash.slice(1))?.focus();
      return;
    }
    const link = event.target.closest("a[data-replace]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    location.replace(link.href);
  });
  for (const form of document.querySelectorAll("form[data-replace-form]")) {
    form.addEventListener("submit", onSubmit);
    // The server gives a place in the queue only to a page that can talk.
    const mark = Object.assign(document.createElement("input"), { type: "hidden", name: "script", value: "1" });
    form.append(mark);
  }
}

async function onSubmit(event) {
  const form = event.currentTarget;
  event.preventDefault();
  const button = event.submitter ?? form.querySelector("button:not([type=button])");
  const told = new FormData(form, button);
  button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: told });
    if (answer.redirected && answer.ok) {
      location.replace(answer.url);
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page.getElementById("main");
    // Not a page of ours: something between us and the server speaks.
    if (!main) throw new Error("no page of ours");
    document.getElementById("main").replaceWith(main);
    watchLinks();
    document.querySelector("[role=alert]")?.scrollIntoView({ block: "center" });
    document.querySelector("[aria-invalid]")?.focus();
  } catch {
    button.disabled = false;
    form.removeEventListener("submit", onSubmit);
    // No network for the quiet way: let the browser try, and tell it in its own words.
    form.requestSubmit(button);
  }
}
