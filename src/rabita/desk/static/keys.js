// The keyboard: `g` and a letter go to a page, `!` to a stop request, `j` and `k` through rows, `?` lists the keys, Ctrl+K
// finds a page by its name. Single keys can be turned off (WCAG 2.1.4), and do nothing while somebody writes.

import { filled } from "./clock.js";
import { find, make } from "./dom.js";
import { words } from "./words.js";

const THEN_MS = 1500; // how long `g` waits for its letter
const ROWS = "main [data-row], main tbody tr";
const single = document.body.dataset.shortcuts === "on";
let going = 0;

const places = () => [...document.querySelectorAll("#menu a[data-place]")];
const placed = (key) => places().find((each) => each.dataset.key === key);

// A dialog over the page, gone once it is closed.
function over(label, ...children) {
  const dialog = make("dialog", { "aria-label": label }, ...children);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

const strokes = (key) => (/^[a-z]$/.test(key) ? ["g", key] : [key]);
const keycaps = (keys, between) => keys.flatMap((each, at) => [at ? ` ${between} ` : "", make("kbd", {}, each)]);

// Find a page by its name: type, choose by the arrows, go by Enter.
function palette() {
  const field = make("input", { type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "choices" });
  field.setAttribute("aria-label", words.keys_find);
  field.setAttribute("placeholder", words.keys_find);
  const list = make("ul", { id: "choices", class: "choices", role: "listbox", "aria-label": words.keys_palette });
  let at = 0;
  let found = [];
  const draw = () => {
    const wanted = field.value.trim().toLocaleLowerCase();
    found = places().filter((each) => each.textContent.toLocaleLowerCase().includes(wanted));
    at = Math.max(0, Math.min(at, found.length - 1));
    const options = found.map((each, place) => {
      const chosen = place === at;
      const key = each.dataset.key ? make("kbd", { "aria-hidden": "true" }, strokes(each.dataset.key).join(" ")) : "";
      const item = make("li", { id: `choice-${place}`, role: "option", "aria-selected": String(chosen) }, each.textContent, key);
      item.addEventListener("click", () => location.assign(each.href));
      return item;
    });
    list.replaceChildren(...(options.length ? options : [make("li", {}, words.keys_none)]));
    if (found.length) field.setAttribute("aria-activedescendant", `choice-${at}`);
    options[at]?.scrollIntoView({ block: "nearest" });
  };
  field.addEventListener("input", draw);
  field.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0;
    if (step) at = (at + step + found.length) % Math.max(1, found.length);
    if (event.key === "Enter" && found[at]) location.assign(found[at].href);
    if (step || event.key === "Enter") event.preventDefault();
    if (step) draw();
  });
  over(words.keys_palette, make("h2", {}, words.keys_palette), field, list);
  draw();
  field.focus();
}

function help() {
  const own = places().filter((each) => each.dataset.key);
  const rows = own.map((each) => [strokes(each.dataset.key), filled(words.keys_go, { page: each.textContent })]);
  const others = [[["j", "k"], words.keys_rows, "/"], [["?"], words.keys_help], [["Ctrl+K"], words.keys_palette]];
  const items = [...rows, ...others].map(([keys, text, between = words.keys_then]) =>
    make("tr", {}, make("td", {}, ...keycaps(keys, between)), make("td", {}, text)),
  );
  const close = make("button", { type: "button", class: "small" }, words.keys_close);
  const head = make("div", { class: "dialog-head" }, make("h2", {}, words.keys_title), close);
  const off = single ? "" : make("p", {}, words.keys_off);
  const table = make("table", {}, make("tbody", {}, ...items));
  const shown = over(words.keys_title, head, off, table);
  close.addEventListener("click", () => shown.close());
  close.focus();
}

// Go to the next row, or the one before; in the table and the list the page itself has.
function row(step) {
  const links = [...document.querySelectorAll(ROWS)].map((each) => each.querySelector("a[href]"));
  const rows = links.filter((each) => each?.checkVisibility());
  const at = rows.indexOf(document.activeElement?.closest(ROWS)?.querySelector("a[href]"));
  rows.at(at < 0 ? (step > 0 ? 0 : -1) : (at + step) % rows.length)?.focus();
}

const writes = (node) => node.matches("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]");

// What was pressed, by its place where the keyboard writes letters of another script.
function stroke({ key, code }) {
  if (key === "؟") return "?";
  const letter = /^Key([A-Z])$/.exec(code);
  return letter && !/^[!-~]$/.test(key) ? letter[1].toLowerCase() : key;
}

function pressed(event) {
  const key = stroke(event);
  if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "k") {
    event.preventDefault();
    if (!document.querySelector("dialog[open]") && places().length) palette();
    return;
  }
  if (!single || event.ctrlKey || event.metaKey || event.altKey || writes(event.target)) return;
  const then = Date.now() - going < THEN_MS;
  going = 0;
  const act = then ? placed(key) && (() => go(key)) : acts[key];
  if (!act) return;
  event.preventDefault();
  act();
}

const go = (key) => placed(key) && location.assign(placed(key).href);
const acts = {
  g: () => (going = Date.now()),
  j: () => row(1),
  k: () => row(-1),
  "?": help,
  "/": () => (find("search") ? find("search").focus() : go("/")),
  "!": () => go("!"),
};

export function keys() {
  document.addEventListener("keydown", pressed);
}
