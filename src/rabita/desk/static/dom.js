// Makes elements. Text goes in as text, never as markup, and whatever was written by people keeps its own direction.

import { filled } from "./clock.js";
import { timeText } from "./times.js";

const REORDERS = "\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069";
const HIDES = "\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\ufeff\\u{e0000}-\\u{e007f}";
const CONTROLS = new RegExp(`([${REORDERS}${HIDES}])`, "u");

export const find = (id) => document.getElementById(id);

export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== undefined) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

// What people wrote: isolated from the text around it. Controls that reorder or hide what is read are spelled out;
// joiners and non-joiners are letters' business in Urdu and Persian and stay as they are.
export function written(text, tag = "span") {
  return make(tag, { dir: "auto", class: "written" }, ...spelledOut(text));
}

// The same within a sentence of this node's own, which has its direction already.
export const spelledOut = (text) => text.split(CONTROLS).map((each) => (CONTROLS.test(each) ? spelled(each) : each));

function spelled(control) {
  const code = `U+${control.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  return make("code", { class: "control", dir: "ltr" }, code);
}

// What is put into a sentence that runs from the right keeps its own direction.
const [OPEN, CLOSE] = document.documentElement.dir === "rtl" ? ["\u2068", "\u2069"] : ["", ""];
export const filledApart = (text, values) =>
  filled(text, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, OPEN + value + CLOSE])));

// Ids, references and codes: isolated, left to right.
export const code = (text) => make("bdi", { class: "code", dir: "ltr" }, text);

export function when(ms) {
  if (!ms) return "";
  return make("time", { datetime: new Date(ms).toISOString(), "data-ms": ms }, timeText(ms));
}

export const plain = (name) => name.replaceAll(/[-_]/g, " ");

export function button(text, act, attributes = {}) {
  const node = make("button", { type: "button", ...attributes }, text);
  node.addEventListener("click", () => act(node));
  return node;
}

export function row(...cells) {
  return make("tr", {}, ...cells.map((each) => make("td", {}, ...[each].flat())));
}

export function table(caption, heads, rows) {
  const head = make("tr", {}, ...heads.map((each) => make("th", { scope: "col" }, each)));
  const body = make("table", {}, make("caption", {}, caption), make("thead", {}, head), make("tbody", {}, ...rows));
  return make("div", { class: "wide", role: "region", "aria-label": caption, tabindex: "0" }, body);
}
