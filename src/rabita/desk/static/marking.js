// What a marking means, part by part, and what it still needs; the server decides what is a marking.

import { button, make, spelledOut } from "./dom.js";
import { valued } from "./form.js";
import { dayText } from "./times.js";
import { words } from "./words.js";

const JOINT = "//";
const REVIEW_DAYS = 180;
const DAY_MS = 86_400_000;
const HEADS = [
  ["WHY ", (rest) => words.marking_because.replace("{reason}", listed(rest, valued))],
  ["REVIEW ", (rest) => words.marking_review.replace("{day}", dayOf(rest))],
  ["REL TO ", (rest) => words.marking_to.replace("{parties}", rest)],
  ["CAVEAT ", (rest) => words.marking_caveat.replace("{text}", rest)],
  ["PERSONAL ", (rest) => words.marking_personal.replace("{text}", rest)],
];

const listed = (text, say) => text.split(",").map((each) => say(each.trim())).join(", ");
const dayOf = (text) => (Number.isNaN(Date.parse(text)) ? text : dayText(Date.parse(text)));
const partsOf = (text) => text.split(JOINT).filter(Boolean);

function meaningOf(part, known) {
  const found = known.get(part) ?? known.get(`TLP:${part}`);
  if (found) return { text: `${part}: ${found.means}`, ...found };
  const [head, say] = HEADS.find(([each]) => part.startsWith(each)) ?? [];
  if (head) return { text: say(part.slice(head.length)), restrictive: false };
  const several = part.split(",").map((each) => known.get(each.trim()));
  if (!several.every(Boolean)) return { text: words.marking_unknown.replace("{part}", part), wrong: true };
  const text = several.map((each) => `${each.part}: ${each.means}`).join("; ");
  return { text, restrictive: several.some((each) => each.restrictive) };
}

const knownOf = (form) => new Map(form.marking.map((each) => [each.part, each]));

// What a marking says, as a list; none where there is no marking.
export function explained(text, form) {
  const found = partsOf(text).map((each) => meaningOf(each, knownOf(form)));
  const items = found.map((each) => make("li", { class: each.wrong && "refuses" }, ...spelledOut(each.text)));
  return items.length ? [make("ul", { class: "means" }, ...items)] : [];
}

// What stands below a marking while it is written: its meaning, and what it needs, one press away.
export function beside(input, form, changed) {
  const shown = make("div", { class: "marking", id: `${input.id}-means` });
  const tell = () => {
    const parts = partsOf(input.value);
    const restricts = parts.some((each) => meaningOf(each, knownOf(form)).restrictive);
    const lacks = (head) => restricts && !parts.some((each) => each.startsWith(head));
    const note = lacks("WHY ") || lacks("REVIEW ") ? [make("p", { class: "needs" }, words.marking_restricts)] : [];
    const reason = lacks("WHY ") ? [reasons(form, add)] : [];
    const review = lacks("REVIEW ") ? [button(words.marking_review_add, () => add(`REVIEW ${laterDay()}`))] : [];
    shown.replaceChildren(...explained(input.value, form), ...note, ...reason, ...review);
    offer(input, parts, form);
  };
  const add = (part) => {
    input.value = [...partsOf(input.value), part].join(JOINT);
    tell();
    input.focus();
    changed();
  };
  input.addEventListener("input", tell);
  input.setAttribute("aria-describedby", [input.getAttribute("aria-describedby"), shown.id].filter(Boolean).join(" "));
  input.after(shown);
  tell();
}

const laterDay = () => new Date(Date.now() + REVIEW_DAYS * DAY_MS).toISOString().slice(0, 10);

function reasons(form, add) {
  const select = make("select", { "aria-label": words.marking_reason_add, class: "short" });
  select.append(make("option", { value: "" }, words.marking_reason_add));
  const found = form.marking.filter((each) => each.part.startsWith("WHY "));
  select.append(...found.map((each) => make("option", { value: each.part }, each.means)));
  select.addEventListener("change", () => select.value && add(select.value));
  return select;
}

// The browser offers what may follow; a part that is there is not offered again.
function offer(input, parts, form) {
  const list = document.getElementById(input.getAttribute("list"));
  const free = form.marking.filter((each) => !parts.includes(each.part) && !each.part.startsWith("WHY "));
  const options = free.map((each) =>
    make("option", { value: [...parts, each.part].join(JOINT), label: `${each.part}: ${each.means}` }),
  );
  list.replaceChildren(...options);
}
