// Drafts as they are read: what they say, portion by portion, what rules found, and what became of them.

import { code, make, plain, table, row, when, written } from "./dom.js";
import { labelled } from "./form.js";
import { words } from "./words.js";

const HIDDEN = new Set(["portions"]);

export const stateOf = (draft) => words[`state_${draft.state.replaceAll("-", "_")}`] ?? draft.state;

export const titleOf = (draft) => `${plain(draft.procedure)}: ${plain(draft.act)}`;

// Coded members as a list of terms; times in UTC, what is within indented.
export function members(value, path = "") {
  const held = Object.entries(value).filter(([name, each]) => !HIDDEN.has(name) && isSaid(each));
  const terms = held.flatMap(([name, each]) => [
    make("dt", {}, labelled(name)),
    make("dd", {}, ...shownValue(name, each, `${path}${name}.`)),
  ]);
  return make("dl", {}, ...terms);
}

const isSaid = (value) => Boolean(Array.isArray(value) ? value.length : value);

function shownValue(name, value, path) {
  if (Array.isArray(value)) {
    return [make("ul", {}, ...value.map((each) => make("li", {}, ...shownValue(name, each, path))))];
  }
  if (typeof value === "object") return [members(value, path)];
  if (typeof value === "number" && name.endsWith("_ms")) return [when(value)];
  return [written(String(value))];
}

export function portion(each) {
  const about = [each.role, each.marking, each.language].filter(Boolean).map(code);
  const text = written(each.text, "p");
  if (each.language) text.setAttribute("lang", each.language);
  return make("article", { class: "portion" }, make("p", { class: "about" }, ...spaced(about)), text);
}

const spaced = (nodes) => nodes.flatMap((each, at) => (at ? [" · ", each] : [each]));

export function said(draft) {
  const portions = draft.said.portions ?? [];
  const leaves = portions.filter((each) => !each.withheld);
  const stays = portions.filter((each) => each.withheld);
  return [members(draft.said), sides(leaves, stays)];
}

// What leaves beside what stays.
export function sides(leaves, stays) {
  const side = (title, rows, none, kind) =>
    make("section", { class: kind }, make("h3", {}, title), ...(rows.length ? rows.map(portion) : [none]));
  return make(
    "div",
    { class: "sides" },
    side(words.release_leaves, leaves, words.release_leaves_none, "leaving"),
    side(words.release_stays, stays, words.release_stays_none, "staying"),
  );
}

export function findings(found) {
  if (!found.length) return make("p", {}, words.found_none);
  const rows = found.map((each) => {
    const weight = each.refuses ? words.found_refuses : words.found_remarks;
    const detail = each.detail ? [" ", written(each.detail)] : [];
    return make("li", { class: each.refuses ? "refuses" : "remarks" }, `${weight}: ${each.sentence}`, ...detail);
  });
  return make("ul", { class: "findings" }, ...rows);
}

export function history(steps) {
  if (!steps.length) return make("p", {}, words.history_none);
  const heads = [words.history_when, words.history_step, words.history_by, words.history_version];
  const rows = steps.map((each) => {
    const did = words[`step_${each.did.replaceAll("-", "_")}`];
    return row(when(each.time_ms), did, code(each.by), String(each.version), written(each.comment));
  });
  return table(words.history_caption, [...heads, words.history_comment], rows);
}
