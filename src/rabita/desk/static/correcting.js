// What a correction changes: the members that differ from what was said, as a form reads both.

import { inDigits } from "./clock.js";
import { make } from "./dom.js";
import { labelled } from "./form.js";
import { shownValue } from "./reading.js";
import { words } from "./words.js";

const PATH = "said.fields.fields";
const NONE = new Set([undefined, null, "", false]);
const same = (one, two) => JSON.stringify(ordered(one)) === JSON.stringify(ordered(two));

// Members in one order; what says nothing is left out.
function ordered(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const held = Object.entries(value).filter(([, each]) => !NONE.has(each));
  return Object.fromEntries(held.sort().map(([name, each]) => [name, ordered(each)]));
}

export function corrections(before, after) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const isSilent = (name) => NONE.has(before[name]) && NONE.has(after[name]);
  const changed = names.filter((name) => !isSilent(name) && !same(before[name], after[name]));
  const head = make("h3", {}, `${words.correct_changes} ${inDigits(changed.length)}`);
  if (!changed.length) return [make("section", {}, head, make("p", {}, words.correct_none))];
  const terms = changed.flatMap((name) => [
    make("dt", {}, labelled(`${PATH}.${name}`)),
    make("dd", {}, make("del", {}, ...said(name, before[name])), " ", make("ins", {}, ...said(name, after[name]))),
  ]);
  return [make("section", { class: "corrections" }, head, make("dl", {}, ...terms))];
}

const said = (name, value) => (NONE.has(value) ? [words.none] : shownValue(name, value, `${PATH}.${name}`));
