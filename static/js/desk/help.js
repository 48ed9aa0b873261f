/** The page of keys, and the two switches that belong to it. */

import { $, part, show } from "./dom.js";
import { setSingleKeys, singleKeys } from "./keys.js";

export function createHelp() {
  const dialog = $("#dialog-keys");
  const single = part(dialog, "single-keys");
  const allow = part(dialog, "allow-notices");

  function offerNotices() {
    show(allow, "Notification" in window && Notification.permission === "default");
  }

  single.checked = singleKeys();
  single.addEventListener("change", () => setSingleKeys(single.checked));
  allow.addEventListener("click", async () => {
    await Notification.requestPermission();
    offerNotices();
  });
  for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close());

  return {
    open() {
      if (dialog.open) return;
      offerNotices();
      dialog.showModal();
      $("[data-first]", dialog).focus();
    },
  };
}
