// One draft: its form, saved by itself while it is written, what rules find in it, its versions and its steps.

import { ask, change, say, sentence, tried } from "./api.js";
import { codes } from "./codes.js";
import { button, find, make, when } from "./dom.js";
import { read } from "./drafts.js";
import { control, labelled } from "./form.js";
import { lineNames, schemaOf } from "./lines.js";
import { findings, history, said as asRead, stateOf, titleOf } from "./reading.js";
import { words } from "./words.js";

const MORE = ["posts", "reply_by_ms", "expires_ms", "kind", "attachments"];
const QUIET_MS = 700;
const ENDED = new Set(["released", "dropped"]);
const WRITABLE = new Set(["drafting", "returned"]);

let held;
let written;
let timer = 0;
let unsaved = false;
let saving = Promise.resolve();

export async function draft(who) {
  addEventListener("hashchange", () => location.reload());
  held = await read();
  const names = await lineNames();
  find("what").replaceChildren(`${titleOf(held)} — ${names.get(held.line) ?? held.line}`);
  if (!WRITABLE.has(held.state)) return readOnly();
  const { schema, levels, act } = await schemaOf(held, who);
  find("markings").replaceChildren(...levels.map((each) => make("option", { value: each })));
  written = control(schema, "said", filled(act, who), { needed: true });
  const parts = [...written.node.querySelectorAll(":scope > .field, :scope > fieldset")];
  const first = parts.findIndex((each) => each.contains(written.node.querySelector("[id='said.posts']")));
  find("fields").replaceChildren(...parts.slice(0, first));
  find("more").append(...parts.slice(first));
  find("more").open = MORE.some((each) => held.said[each]?.length || held.said[each] > 0);
  find("writing").addEventListener("input", later);
  find("submit").addEventListener("click", ({ target }) => tried(target, submit));
  find("drop").addEventListener("click", ({ target }) => dropped(target));
  find("writing").hidden = false;
  addEventListener("beforeunload", (event) => unsaved && event.preventDefault());
  show();
}

// A new draft begins with the portions its act must have, the only post, the usual precedence.
function filled(act, who) {
  const empty = act.portions.filter((each) => each.required).map((each) => ({ role: each.role, text: "" }));
  const usual = act.precedences.includes("ROUTINE") ? "ROUTINE" : act.precedences.at(-1);
  const begun = held.version > 1 || held.said.portions?.length;
  if (begun) return held.said;
  return { ...held.said, portions: empty, post: who.posts.length === 1 ? who.posts[0] : "", precedence: usual };
}

function readOnly() {
  find("reading").replaceChildren(...asRead(held));
  show();
}

function show() {
  find("standing").replaceChildren(stateOf(held));
  find("at-once").hidden = held.said.precedence !== "FLASH" || ENDED.has(held.state);
  find("at-once").querySelector("a").href = `/desk/release#${held.id}`;
  find("found").replaceChildren(findings(held.findings));
  find("history").replaceChildren(history(held.steps));
  find("versions").replaceChildren(...held.versions.map(version));
  for (const each of document.querySelectorAll(".found")) each.replaceChildren();
  for (const each of held.findings) beside(each);
}

function version(each) {
  const label = `${words.draft_look} ${each.number}`;
  const look = button(words.draft_look, (node) => tried(node, () => older(each.number)), { "aria-label": label });
  return make("li", {}, `${each.number} `, when(each.saved_ms), " ", look);
}

async function older(number) {
  const told = await ask(`/drafts/${held.id}/versions/${number}`);
  find("older").replaceChildren(make("h3", {}, `${words.draft_version} ${number}`), ...asRead(told));
  find("older").focus();
}

// Say a finding beside the control it is about, where it names one.
function beside(finding) {
  const at = placeOf(finding);
  const found = at && find(`${at}-found`);
  if (found) found.append(finding.sentence, " ");
}

function placeOf(finding) {
  const inside = finding.detail.split(":")[0].trim();
  const member = codes.members.find(([prefix]) => finding.code.startsWith(prefix))?.[1] ?? "fields";
  return [`said.${member}.${inside}`, `said.${member}`].find(find);
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
    if (!unsaved) return true;
    unsaved = false;
    try {
      keep(words.draft_saving, "waiting");
      Object.assign(held, await change(`/drafts/${held.id}/save`, { version: held.version, said: written.read() }));
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

async function submit() {
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
    const text = each.detail ? `${each.sentence} (${each.detail})` : each.sentence;
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
