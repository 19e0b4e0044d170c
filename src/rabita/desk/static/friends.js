// False friends: words that mean one thing in Urdu and another in Persian. While somebody writes, they are underlined
// behind the text and listed below it; a reader opens the hint at the word. The text itself is changed by a button only.

import { change } from "./api.js";
import { inDigits } from "./clock.js";
import { button, make, written } from "./dom.js";
import { words } from "./words.js";

const PATH = "/desk/words";
const WAIT_MS = 500;
const EDGE_PX = 8;
const COUNTS = {
  ur: [words.friends_one_fa, words.friends_many_fa],
  fa: [words.friends_one_ur, words.friends_many_ur],
};
const MEANINGS = [
  ["in_urdu", words.friends_in_urdu],
  ["in_persian", words.friends_in_persian],
];
const SHAPE = ["font", "letterSpacing", "lineHeight", "padding", "tabSize", "textAlign", "unicodeBidi", "wordSpacing"];
let made = 0;

// Watch a textarea that stands in the page, written in a language ("en", "ur", "fa"); in English there are no such
// words. A language chosen later goes to `speak` of what is returned.
export function attach(textarea, language) {
  const held = { textarea, language, found: [], asked: "", timer: 0 };
  const id = `friends-${(made += 1)}`;
  held.marks = make("div", { class: "friends-marks", "aria-hidden": "true" });
  held.frame = make("div", { class: "friends-frame" });
  held.status = make("p", { class: "friends-status", role: "status" });
  held.list = make("ul", { class: "friends-list" });
  const named = { id, class: "friends", role: "group", "aria-label": words.friends_title, hidden: true };
  held.panel = make("div", named, held.list);
  const focused = document.activeElement === textarea;
  textarea.replaceWith(held.frame);
  held.frame.append(held.marks, textarea);
  held.frame.after(held.status, held.panel);
  if (focused) textarea.focus();
  textarea.setAttribute("aria-details", id);
  textarea.addEventListener("input", () => later(held));
  textarea.addEventListener("scroll", () => follow(held));
  new ResizeObserver(() => follow(held)).observe(textarea);
  look(held);
  return {
    speak(chosen) {
      held.language = chosen;
      look(held);
    },
  };
}

// What was found moved as soon as a letter was typed: the underlining goes, and comes again when the typing rests.
function later(held) {
  clearTimeout(held.timer);
  held.marks.replaceChildren();
  held.timer = setTimeout(() => look(held), WAIT_MS);
}

async function look(held) {
  clearTimeout(held.timer);
  const { language } = held;
  const text = held.textarea.value;
  held.asked = `${language} ${text}`;
  const empty = !COUNTS[language] || !text.trim();
  const found = empty ? [] : await change(PATH, { text, language }).catch(() => undefined);
  const current = `${held.language} ${held.textarea.value}` === `${language} ${text}`;
  if (found && current && held.asked === `${language} ${text}`) show(held, found, text);
}

function show(held, found, text) {
  const none = held.found.length ? words.friends_none : "";
  const told = found.length ? counted(found.length, held.language) : none;
  const focused = held.panel.contains(document.activeElement);
  held.found = found;
  underline(held, text);
  if (held.status.textContent !== told) held.status.textContent = told;
  held.list.replaceChildren(...gathered(found).map((places) => entry(held, places)));
  held.panel.hidden = !found.length;
  if (focused) held.textarea.focus();
}

function counted(count, language) {
  const [one, many] = COUNTS[language];
  return inDigits((count === 1 ? one : many).replace("{count}", count));
}

// The same words in the same places, behind the text and without its letters' colour; only the lines below show.
function underline(held, text) {
  const points = Array.from(text);
  const parts = [];
  let at = 0;
  for (const each of held.found) {
    parts.push(points.slice(at, each.start).join(""), make("mark", {}, each.written));
    at = each.end;
  }
  held.marks.replaceChildren(...parts, `${points.slice(at).join("")}\n`);
  follow(held);
}

// Offsets of code points, as they are told, in units of a script's strings.
const units = (text, start, end) => {
  const points = Array.from(text);
  const from = points.slice(0, start).join("").length;
  return [from, from + points.slice(start, end).join("").length];
};

// Lines break behind the text where they break in it: the same letters, in the same width, without the scroll bar's.
function follow({ textarea, frame, marks }) {
  const shown = getComputedStyle(textarea);
  for (const name of SHAPE) marks.style[name] = shown[name];
  const edges = textarea.offsetWidth - textarea.clientWidth - barOf(textarea, shown);
  marks.style.inlineSize = `${textarea.clientWidth + edges}px`;
  marks.style.blockSize = `${textarea.offsetHeight}px`;
  frame.dir = shown.direction;
  marks.dir = shown.direction;
  marks.scrollTop = textarea.scrollTop;
}

const barOf = (node, { borderInlineStartWidth, borderInlineEndWidth }) =>
  node.offsetWidth - node.clientWidth - parseFloat(borderInlineStartWidth) - parseFloat(borderInlineEndWidth);

// One entry for each pair, however often it stands there.
function gathered(found) {
  const entries = new Map();
  for (const each of found) entries.set(each.name, [...(entries.get(each.name) ?? []), each]);
  return [...entries.values()];
}

function entry(held, places) {
  const [first] = places;
  const word = held.language;
  const times = places.length > 1 ? [" ", inDigits(words.friends_times.replace("{count}", places.length))] : [];
  const named = words.friends_show.replace("{word}", first.written);
  const attributes = { class: "friends-word", lang: word, dir: "auto", "aria-label": named };
  const head = button(first.written, () => select(held, first), attributes);
  const label = words.friends_replace.replace("{safe}", first.safe).replace("{word}", first.written);
  const swap = button(label, () => replace(held, first), { class: "friends-swap" });
  const ending = first.bare ? [] : [make("p", { class: "friends-ending" }, words.friends_ending)];
  return make("li", {}, make("p", {}, head, ...times), meanings(first, word), make("p", {}, swap), ...ending);
}

function meanings(told, language) {
  const rows = MEANINGS.flatMap(([member, label]) => [
    make("dt", {}, label),
    make("dd", {}, told[member][document.documentElement.lang] ?? told[member].en),
  ]);
  const safe = written(told.safe);
  safe.lang = language;
  return make("dl", {}, ...rows, make("dt", {}, words.friends_safe), make("dd", {}, safe));
}

function select(held, told) {
  held.textarea.focus();
  held.textarea.setSelectionRange(...units(held.textarea.value, told.start, told.end));
}

// Only where the word still stands as it was found; what else listens to the text hears of the change.
function replace(held, told) {
  const { textarea } = held;
  const [start, end] = units(textarea.value, told.start, told.end);
  textarea.focus();
  if (textarea.value.slice(start, end) !== told.written) return look(held);
  textarea.setRangeText(told.safe, start, end, "end");
  textarea.dispatchEvent(new Event("input", { bubbles: true }));
  held.status.textContent = words.friends_replaced.replace("{safe}", told.safe).replace("{word}", told.written);
}

// What a reader sees: a marked word is a button; Enter opens what is said of it, Esc closes it.
export function openable(root = document) {
  for (const word of root.querySelectorAll("button.friend")) {
    word.addEventListener("click", () => toggle(word, word.getAttribute("aria-expanded") !== "true"));
    word.parentElement.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || word.getAttribute("aria-expanded") !== "true") return;
      event.stopPropagation();
      toggle(word, false);
      word.focus();
    });
  }
}

function toggle(word, open) {
  for (const other of document.querySelectorAll('button.friend[aria-expanded="true"]')) {
    if (other !== word) toggle(other, false);
  }
  const hint = document.getElementById(word.getAttribute("aria-controls"));
  word.setAttribute("aria-expanded", String(open));
  hint.hidden = !open;
  if (open) keepInside(hint);
}

// A hint opens below its word; one that would stand beyond the window's edge moves in.
function keepInside(hint) {
  hint.style.translate = "";
  const { left, right } = hint.getBoundingClientRect();
  const inner = Math.min(0, document.documentElement.clientWidth - EDGE_PX - right);
  hint.style.translate = `${left < EDGE_PX ? EDGE_PX - left : inner}px 0`;
}
