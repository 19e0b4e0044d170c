// What a draft answers: the act and its words, to be read beside what is written.

import { ask, say, sentence } from "./api.js";
import { begin } from "./begin.js";
import { button, code, find, make, when, written } from "./dom.js";
import { valued } from "./form.js";
import { mark } from "./hints.js";
import { words } from "./words.js";

const SENT = "sent";

// The first act that a draft answers, as its reader may read it; undefined where it answers none.
export async function answered(draft) {
  const [basis] = draft.said.basis ?? [];
  return basis ? ask(`/desk/answered?line=${draft.line}&basis=${encodeURIComponent(basis)}`) : undefined;
}

// Show that act, before what is done about it, so that nothing moves under a hand. That it cannot be read is said, and
// holds nobody up.
export const origin = (draft) => shown(draft).catch((fault) => say(sentence(fault)));

// Its words stand below each other.
async function shown(draft) {
  const act = await answered(draft);
  if (!act) return;
  const entry = await ask(`/lines/${draft.line}/entries/${act.reference}`);
  const portions = entry.portions.filter((each) => each.state === SENT && each.text);
  const by = words.origin_by.replace("{author}", act.author).split("{when}");
  const reply = act.reply_by_ms ? words.origin_reply_by.split("{when}") : [];
  find("origin").replaceChildren(
    make("p", { class: "about" }, code(act.reference), " · ", by[0], when(act.claimed_ms), by[1] ?? ""),
    make("p", {}, act.sentence),
    ...(reply.length ? [make("p", {}, reply[0], when(act.reply_by_ms), reply[1])] : []),
    ...(portions.length ? portions.map(textOf) : [make("p", {}, words.origin_none)]),
    ...(isTranslated(draft, act, portions) ? [translate(draft, act, portions)] : []),
  );
  find("origin-part").hidden = false;
  await mark(find("origin"));
}

function textOf(each) {
  const text = written(each.text, "p");
  text.dataset.said = each.text;
  if (each.language) text.setAttribute("lang", each.language);
  const about = each.language ? [make("p", { class: "about" }, valued(each.language))] : [];
  return make("article", { class: "portion" }, ...about, text);
}

// A message may be given a translation; what is one already is not translated again.
const isTranslated = (draft, act, portions) =>
  act.procedure === "message" && draft.act !== "translate" && portions.some((each) => each.language);

function translate(draft, act, portions) {
  const to = document.documentElement.lang;
  const from = portions.find((each) => each.language).language;
  return button(words.origin_translate, () => translated(draft.line, act.reference, from === to ? "en" : to));
}

// Begin the translation of a message into a language; whoever writes it has the original beside it.
export function translated(line, reference, language) {
  const portions = [{ role: "translation", text: "", language }];
  return begin(line, "message", "translate", reference, { fields: { language, by: "translator" }, portions });
}
