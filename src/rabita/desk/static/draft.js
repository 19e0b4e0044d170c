// One draft: its form, saved by itself while it is written, what rules find in it, its versions and its steps.

import { ask, change, say, sentence, tried } from "./api.js";
import { begin } from "./begin.js";
import { inDigits } from "./clock.js";
import { codes } from "./codes.js";
import { consequences } from "./consequences.js";
import { button, find, make, when } from "./dom.js";
import { read } from "./drafts.js";
import { corrections } from "./correcting.js";
import { isGoing, listed, ready } from "./files.js";
import { control, labelled, pathOf } from "./form.js";
import { attach } from "./friends.js";
import { mark } from "./hints.js";
import { catalogue, composed, laneNames, lineNames, options, schemaOf } from "./lines.js";
import { beside as markingBeside } from "./marking.js";
import { answered, origin } from "./origin.js";
import { goBack, remember } from "./places.js";
import { start } from "./rabita.js";
import { detailOf, findings, history, said as asRead, stateOf, titleOf } from "./reading.js";
import { shown as recordShown } from "./record.js";
import { learn, told } from "./sentences.js";
import { words } from "./words.js";

const MORE = ["posts", "reply_by_ms", "expires_ms", "kind"];
const CORRECT = "correct";
const QUIET_MS = 700;
const ENDED = new Set(["released", "dropped"]);
const WRITABLE = new Set(["drafting", "returned"]);
const RTL = new Set(["ur", "fa"]);

let held;
let form;
let corrected;
let before;
let isAnother;
let names;
let written;
let timer = 0;
let unsaved = false;
let saving = Promise.resolve();

async function draft(who) {
  addEventListener("hashchange", () => location.reload());
  const asked = new URLSearchParams(location.search);
  if (asked.get("procedure")) return address(asked);
  const [lines, known, found] = await Promise.all([lineNames(), catalogue(), read(), learn()]);
  [names, held] = [known, found];
  form = await composed(held);
  find("what").replaceChildren(`${titleOf(held, names)} — ${lines.get(held.line) ?? held.line}`);
  if (!WRITABLE.has(held.state)) return readOnly();
  if (held.act === CORRECT) corrected = await answered(held).catch(() => undefined);
  const [basis] = held.said.basis ?? [];
  isAnother = () => held.act === CORRECT && held.said.basis?.[0] !== basis;
  const answers = origin(held);
  const { schema, act, target } = await schemaOf(held, who, corrected);
  if (target) before = control(target, "said.fields.fields", corrected.fields, { needed: true }).read();
  draw(schema, filled(act, who));
  find("submit").addEventListener("click", ({ target }) => tried(target, submit));
  find("drop").addEventListener("click", ({ target }) => dropped(target));
  find("preview").addEventListener("click", ({ target }) => tried(target, preview));
  addEventListener("beforeunload", (event) => (unsaved || isGoing()) && event.preventDefault());
  show();
  look();
  await answers;
  find("writing").hidden = false;
  remember(held.id, find("writing"));
  await goBack(held.id);
}

// An address that names an act: what would be begun, and the button that begins it, which has the focus. Where it names
// no line and there are several, each has its own: nothing goes to another side than was meant.
async function address(asked) {
  const [line, procedure, act, basis] = ["line", "procedure", "act", "basis"].map((each) => asked.get(each) ?? "");
  const known = await catalogue(line);
  const found = [...known.values()].find((each) => each.slug === procedure || each.name === procedure);
  find("what").replaceChildren(titleOf({ procedure: found?.name ?? procedure, act: act.replaceAll("-", " ") }, known));
  const lines = [...(await lineNames())].filter(([each]) => each.startsWith(line));
  const buttons = lines.map(([each, name]) => {
    const label = lines.length > 1 ? `${words.address_begin}: ${name}` : words.address_begin;
    const begun = () => begin(each, found?.name ?? procedure, act, basis ? [basis] : []);
    return button(label, (node) => tried(node, begun), { class: "main" });
  });
  find("begin").replaceChildren(make("p", {}, words.address_what), ...buttons);
  find("begin").hidden = false;
  buttons[0]?.focus();
  find("drafted").hidden = true;
}

// Draw the form: what is written first, then what the act is about, and what is seldom needed behind a fold.
function draw(schema, value) {
  written = control(schema, "said", value, { needed: true });
  const parts = new Map([...written.node.querySelectorAll(":scope > .field, :scope > fieldset")].map(named));
  const more = MORE.map((each) => `said.${each}`);
  const first = ["said.post", "said.precedence", "said.fields", "said.portions", "said.attachments"];
  const rest = [...parts.keys()].filter((each) => !more.includes(each) && !first.includes(each));
  const order = [...first, ...rest].filter((each) => parts.has(each));
  find("fields").replaceChildren(...order.map((each) => parts.get(each)));
  find("more").append(...more.map((each) => parts.get(each)));
  find("more").open = MORE.some((each) => held.said[each]?.length || held.said[each] > 0);
  const precedence = find("said.precedence");
  const { value: lane } = precedence;
  options(precedence, laneNames(form, [...precedence.options].map((each) => each.value).filter(Boolean)));
  precedence.value = lane;
  find("said.portions").append(find("length"));
  for (const each of find("writing").querySelectorAll("input[list=markings]")) markingBeside(each, form, later);
  for (const each of find("writing").querySelectorAll("textarea[id$='.text']")) spoken(each);
  for (const each of find("writing").querySelectorAll("[data-ring]")) mapped(each);
  find("writing").addEventListener("drawn", ({ target }) => drawn(target));
  find("writing").addEventListener("input", later);
  find("writing").addEventListener("change", look);
}

const named = (node) => [node.id || node.querySelector("input, select, textarea").id.replace(/\.said$/, ""), node];

// What was added while writing is given what was there from the beginning.
function drawn(row) {
  for (const each of row.querySelectorAll("input[list=markings]")) markingBeside(each, form, later);
  for (const each of row.querySelectorAll("textarea[id$='.text']")) spoken(each);
  for (const each of row.querySelectorAll("[data-ring]")) mapped(each);
  later();
  look();
}

// A portion's words run as its language does, and are watched for words that the other side takes otherwise.
function spoken(textarea) {
  const language = find(textarea.id.replace(/text$/, "language"));
  if (!language) return;
  let friends;
  const turn = () => {
    textarea.lang = language.value;
    textarea.dir = language.value ? (RTL.has(language.value) ? "rtl" : "ltr") : "auto";
    if (friends) friends.speak(language.value);
    else if (RTL.has(language.value)) friends = attach(textarea, language.value, { number: inDigits });
  };
  language.addEventListener("change", turn);
  turn();
}

// A map beside the corners of an area; its programs are loaded once one comes into sight.
function mapped(textarea) {
  const guards = form.acts[corrected?.act ?? held.act].guards;
  const about = { line: held.line, guards, stated };
  const shown = () => import("./areas.js").then(({ beside }) => beside(textarea, about));
  const watching = new IntersectionObserver((seen) => {
    if (!seen.some((each) => each.isIntersecting)) return;
    watching.disconnect();
    shown().catch((fault) => say(sentence(fault)));
  });
  watching.observe(textarea);
}

// What else the guard looks at, as it stands in the form.
function stated() {
  const said = asWritten();
  const { window, assured } = said.fields?.fields ?? said.fields ?? {};
  return { window, assured, basis: said.basis };
}

// What the form says; what cannot be read yet is said as it was before.
function asWritten() {
  try {
    return written.read();
  } catch {
    return held.said;
  }
}

// Say what the act comes to as it stands in the form.
function look() {
  const said = asWritten();
  consequences(held, said, form);
  if (before) find("does").append(...corrections(before, said.fields?.fields ?? {}));
}

async function preview() {
  if (!(await save())) return;
  const found = await ask(`/desk/drafts/${held.id}/record`);
  recordShown(found.record, words.record_about);
  find("record").focus();
}

// A new draft begins with the portions its act must have, the only post, the usual precedence.
function filled(act, who) {
  const language = document.documentElement.lang;
  const empty = act.portions.filter((each) => each.required).map((each) => ({ role: each.role, text: "", language }));
  const usual = act.precedences.includes("ROUTINE") ? "ROUTINE" : act.precedences.at(-1);
  const precedence = act.precedences.includes(held.said.precedence) ? held.said.precedence : usual;
  const post = who.posts.length === 1 ? who.posts[0] : "";
  const present = corrected ? { fields: presentFields() } : {};
  if (held.version > 1) return { ...held.said, ...present };
  const portions = held.said.portions?.length ? held.said.portions : empty;
  return { ...held.said, ...present, portions, post: held.said.post || post, precedence };
}

// A correction begins with the fields of the act as they stand.
function presentFields() {
  const { fields, ...more } = held.said.fields ?? {};
  return { ...more, fields: Object.keys(fields ?? {}).length ? fields : corrected.fields };
}

async function readOnly() {
  find("reading").replaceChildren(...asRead(held, form), ...(await listed(held)));
  show();
  consequences(held, held.said, form);
  await Promise.all([mark(find("reading")), origin(held)]);
}

function show() {
  find("standing").replaceChildren(stateOf(held));
  find("at-once").hidden = held.said.precedence !== "FLASH" || ENDED.has(held.state);
  find("at-once").querySelector("a").href = `/desk/release#${held.id}`;
  find("found").replaceChildren(findings(held.findings));
  find("history").replaceChildren(history(held.steps));
  find("versions").replaceChildren(...held.versions.map(version));
  for (const each of document.querySelectorAll(".found")) each.replaceChildren();
  for (const each of document.querySelectorAll("[aria-invalid]")) each.removeAttribute("aria-invalid");
  for (const each of held.findings) beside(each);
}

function version(each) {
  const label = `${words.draft_look} ${inDigits(each.number)}`;
  const look_ = button(words.draft_look, (node) => tried(node, () => older(each.number)), { "aria-label": label });
  return make("li", {}, `${inDigits(each.number)} `, when(each.saved_ms), " ", look_);
}

async function older(number) {
  const found = await ask(`/drafts/${held.id}/versions/${number}`);
  find("older").replaceChildren(make("h3", {}, `${words.draft_version} ${inDigits(number)}`), ...asRead(found, form));
  find("older").focus();
}

// Say a finding beside the control it is about, where it names one.
function beside(finding) {
  const at = placeOf(finding);
  const found = at && find(`${at}-found`);
  if (found) found.append(told(finding.sentence), " ");
}

// The nearest place in the form: of the member itself, or of what it is part of.
function placeOf(finding) {
  const member = codes.members.find(([prefix]) => finding.code.startsWith(prefix))?.[1] ?? "fields";
  const path = `said.${member}.${pathOf(finding.detail)}`.split(".");
  const paths = path.map((_, at) => path.slice(0, path.length - at).join("."));
  return paths.slice(0, -1).find(find);
}

const keep = (text, kind) => {
  find("kept").textContent = text;
  find("kept").dataset.kind = kind;
};

function later() {
  unsaved = true;
  keep(words.draft_unsaved, "waiting");
  clearTimeout(timer);
  timer = setTimeout(() => void save(), QUIET_MS);
}

// One save at a time; what was written meanwhile is saved next. False where it could not be.
function save() {
  clearTimeout(timer);
  saving = saving.then(async () => {
    look();
    if (!unsaved) return true;
    unsaved = false;
    try {
      keep(words.draft_saving, "waiting");
      Object.assign(held, await change(`/drafts/${held.id}/save`, { version: held.version, said: written.read() }));
      if (isAnother() && !unsaved) location.reload(); // another act has other fields
      keep(unsaved ? words.draft_unsaved : words.draft_saved, unsaved ? "waiting" : "done");
      show();
      return true;
    } catch (fault) {
      unsaved = true;
      keep(`${words.draft_failed} ${sentence(fault)}`, "failed");
      return false;
    }
  });
  return saving;
}

// What is drawn is what is submitted, also what was filled in and nobody touched.
async function submit() {
  unsaved = true;
  ready();
  if (!(await save())) return;
  const refused = held.findings.filter((each) => each.refuses);
  if (refused.length) return summary(refused);
  await change(`/drafts/${held.id}/submit`, { version: held.version });
  location.reload();
}

// What stands in the way, in a list that takes the focus and leads to each place.
function summary(refused) {
  const items = refused.map((each) => {
    const at = placeOf(each);
    if (at) find(at).setAttribute("aria-invalid", "true");
    const text = each.detail ? `${told(each.sentence)} (${detailOf(each)})` : told(each.sentence);
    const link = make("a", { href: `#${held.id}` }, `${labelled(at ?? "said")}: ${text}`);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      find(at)?.focus();
    });
    return make("li", {}, at ? link : text);
  });
  find("errors").replaceChildren(make("h2", {}, words.draft_errors), make("ul", {}, ...items));
  find("errors").hidden = false;
  find("errors").focus();
}

// Dropping is asked for twice: the second press within the same page does it.
async function dropped(node) {
  if (node.dataset.sure !== "yes") {
    node.dataset.sure = "yes";
    node.textContent = words.draft_drop_sure;
    return say(words.draft_drop_sure);
  }
  await tried(node, async () => {
    unsaved = false;
    await saving;
    await change(`/drafts/${held.id}/drop`, { version: held.version });
    location.assign("/desk/drafts");
  });
}

start("draft", draft);
