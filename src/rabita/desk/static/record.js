// The record itself: the bytes that are sealed, and their digest computed again here, so that nobody takes it on trust.

import { find, make } from "./dom.js";
import { words } from "./words.js";

// As the node writes JSON: members in the order they came in, nothing between them.
export const bytesOf = (act) => JSON.stringify(act);

export async function digestOf(text) {
  const raw = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(raw)].map((each) => each.toString(16).padStart(2, "0")).join("");
}

// Show a record; with the digest that is signed, whether it is this record's.
export function shown(text, about, agreement = "") {
  const told = agreement ? [make("p", { id: "agreement" }, agreement)] : [];
  const bytes = make("pre", { class: "record", dir: "ltr", lang: "en", translate: "no", tabindex: "0" }, text);
  bytes.setAttribute("aria-label", words.record_title);
  bytes.setAttribute("role", "region");
  find("record").replaceChildren(make("p", { class: "help" }, about), ...told, bytes);
}
