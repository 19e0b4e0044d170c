// False friends in what is read: the words are marked where they stand, and a press opens what each side takes them as.

import { change } from "./api.js";
import { make, written } from "./dom.js";
import { openable } from "./friends.js";
import { words } from "./words.js";

const PATH = "/desk/words";
const LANGUAGES = new Set(["ur", "fa"]);
let made = 0;

// Mark every text below a node that says which of the two languages it is in.
export async function mark(root) {
  const texts = [...root.querySelectorAll(".written[lang]")].filter((each) => LANGUAGES.has(each.lang));
  await Promise.all(texts.map(marked));
}

async function marked(node) {
  const text = node.dataset.said;
  const found = await change(PATH, { text, language: node.lang }).catch(() => []);
  if (!found.length) return;
  const points = Array.from(text);
  const pieces = [];
  let at = 0;
  for (const each of found) {
    pieces.push(...written(points.slice(at, each.start).join("")).childNodes, friend(each, node.lang));
    at = each.end;
  }
  node.replaceChildren(...pieces, ...written(points.slice(at).join("")).childNodes);
  openable(node); // as soon as they stand there
}

function friend(found, lang) {
  const id = `friend-${(made += 1)}`;
  const reader = document.documentElement.lang;
  const about = make("span", { id: `${id}-about`, hidden: true }, words.friends_hint);
  const closed = { "aria-expanded": "false", "aria-controls": id, "aria-describedby": `${id}-about` };
  const word = make("button", { class: "friend", type: "button", ...closed }, found.written);
  const rows = [
    [words.friends_in_urdu, found.in_urdu[reader]],
    [words.friends_in_persian, found.in_persian[reader]],
    [words.friends_safe, make("bdi", { lang }, found.safe)],
  ];
  const dir = getComputedStyle(document.documentElement).direction;
  const lines = rows.flatMap(([name, text]) => [make("b", {}, name), " ", text, make("br")]);
  const hint = make("span", { class: "friend-hint", id, role: "note", lang: reader, dir, hidden: true }, ...lines);
  return make("span", { class: "friend-place" }, word, about, hint);
}
