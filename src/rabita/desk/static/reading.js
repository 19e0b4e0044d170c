// Drafts as they are read: what they say, portion by portion, what rules found, and what became of them.

import { inDigits } from "./clock.js";
import { code, make, table, row, when, written } from "./dom.js";
import { labelled, memberOf, valued } from "./form.js";
import { explained } from "./marking.js";
import { told } from "./sentences.js";
import { words } from "./words.js";

const HIDDEN = new Set(["portions", "roles"]);
const CODED = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const DIGEST = /^[0-9a-f]{64}$/;

export const stateOf = (draft) => words[`state_${draft.state.replaceAll("-", "_")}`] ?? draft.state;

// What a draft is, in a line: its procedure, and what its act says.
export function titleOf(draft, names) {
  const found = names.get(draft.procedure);
  const act = found?.acts.find((each) => each.name === draft.act);
  return `${found?.title ?? draft.procedure}: ${act?.says ?? draft.act}`;
}

// Coded members as a list of terms; what is within indented.
export function members(value, path = "said") {
  const held = Object.entries(value).filter(([name, each]) => !HIDDEN.has(name) && isSaid(each));
  const terms = held.flatMap(([name, each]) => [
    make("dt", {}, labelled(`${path}.${name}`)),
    make("dd", {}, ...shownValue(name, each, `${path}.${name}`)),
  ]);
  return make("dl", {}, ...terms);
}

const isSaid = (value) => Boolean(value && typeof value === "object" ? Object.keys(value).length : value);

export function shownValue(name, value, path) {
  if (Array.isArray(value)) {
    return [make("ul", {}, ...value.map((each) => make("li", {}, ...shownValue(name, each, path))))];
  }
  if (typeof value === "object") return [members(value, path)];
  if (typeof value === "boolean") return [value ? words.form_yes : words.form_no];
  if (typeof value === "number") return [name.endsWith("_ms") ? when(value) : inDigits(value)];
  if (DIGEST.test(value)) return [code(value)];
  return CODED.test(value) && valued(value) !== value ? [valued(value)] : [written(value)];
}

// A portion: its place among all of them, what it is, its words, what its marking means.
export function portion(each, number, form) {
  const marking = each.marking ? code(each.marking) : words.portion_unmarked;
  const about = [each.role && valued(each.role), each.language && valued(each.language), marking].filter(Boolean);
  const text = written(each.text, "p");
  text.dataset.said = each.text;
  if (each.language) text.setAttribute("lang", each.language);
  const name = make("strong", {}, words.portion_number.replace("{number}", inDigits(number)));
  const head = make("p", { class: "about" }, ...spaced([name, ...about]));
  const means = form && each.marking ? explained(each.marking, form) : [];
  return make("article", { class: "portion" }, head, text, ...means);
}

const spaced = (nodes) => nodes.flatMap((each, at) => (at ? [" · ", each] : [each]));

export function said(draft, form) {
  const whole = draft.said.marking ?? "";
  const portions = (draft.said.portions ?? []).map((each, at) => ({
    ...each,
    marking: each.marking || whole,
    number: at + 1,
  }));
  const leaves = portions.filter((each) => !each.withheld);
  const stays = portions.filter((each) => each.withheld);
  return [sides(leaves, stays, form), members(draft.said), ...(portions.length ? [] : explained(whole, form))];
}

// What leaves beside what stays, each portion under its number; one text in several languages side by side.
export function sides(leaves, stays, form) {
  return make(
    "div",
    { class: "sides" },
    side(words.release_leaves, leaves, words.release_leaves_none, "leaving", form),
    side(words.release_stays, stays, words.release_stays_none, "staying", form),
  );
}

function side(title, rows, none, kind, form) {
  const shown = rows.map((each) => portion(each, each.number, form));
  const parallel = isParallel(rows);
  const note = parallel ? [make("p", { class: "help" }, words.release_parallel)] : [];
  const held = rows.length ? [make("div", { class: parallel ? "parallel" : "one" }, ...shown)] : [none];
  return make("section", { class: kind }, make("h3", {}, title), ...note, ...held);
}

const isParallel = (rows) =>
  rows.length > 1 && new Set(rows.map((each) => each.role)).size === 1 && isEachOnce(rows.map((each) => each.language));

const isEachOnce = (languages) => languages.every(Boolean) && new Set(languages).size === languages.length;

// Where a rule found it: the member by its label; anything else as the node says it.
export const detailOf = ({ detail }) => memberOf(detail) ?? told(detail);

export function findings(found) {
  if (!found.length) return make("p", {}, words.found_none);
  const rows = found.map((each) => {
    const weight = each.refuses ? words.found_refuses : words.found_remarks;
    const detail = each.detail ? [" ", written(detailOf(each))] : [];
    return make("li", { class: each.refuses ? "refuses" : "remarks" }, `${weight}: ${told(each.sentence)}`, ...detail);
  });
  return make("ul", { class: "findings" }, ...rows);
}

export function history(steps) {
  if (!steps.length) return make("p", {}, words.history_none);
  const heads = [words.history_when, words.history_step, words.history_by, words.history_version];
  const rows = steps.map((each) => {
    const did = words[`step_${each.did.replaceAll("-", "_")}`];
    return row(when(each.time_ms), did, code(each.by), inDigits(each.version), written(each.comment));
  });
  return table(words.history_caption, [...heads, words.history_comment], rows);
}
