// The drafts of this node: the list, and a new one.

import { ask, change, everything, Told, tried } from "./api.js";
import { begin } from "./begin.js";
import { code, find, make, row, table, when } from "./dom.js";
import { catalogue, lineNames, options } from "./lines.js";
import { start } from "./rabita.js";
import { stateOf, titleOf } from "./reading.js";
import { words } from "./words.js";

const UNFINISHED = ["returned", "drafting"];
let known;

async function drafts(who) {
  const lines = await lineNames();
  options(find("line"), [...lines]);
  find("line").addEventListener("change", procedures);
  find("procedure").addEventListener("change", acts);
  find("act").addEventListener("change", answering);
  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    tried(find("go"), started);
  });
  await procedures();
  find("state").addEventListener("change", () => list(lines)); // the list needs the names; what was chosen before counts
  await Promise.all([list(lines), unfinished(who, lines)]);
}

async function procedures() {
  const before = find("procedure").value;
  known = await catalogue(find("line").value);
  options(find("procedure"), [...known.values()].map((each) => [each.slug, each.title]));
  if (before) find("procedure").value = before;
  acts();
  find("go").disabled = false;
}

const chosen = () => [...known.values()].find((each) => each.slug === find("procedure").value);

// Acts by what they say: those that begin something before those that answer something.
function acts() {
  const procedure = chosen();
  const groups = [
    [words.acts_opening, procedure.acts.filter((each) => each.opens)],
    [words.acts_answering, procedure.acts.filter((each) => !each.opens)],
  ].filter(([, held]) => held.length);
  const option = (each) => make("option", { value: each.name }, each.says);
  find("act").replaceChildren(...groups.map(([label, held]) => make("optgroup", { label }, ...held.map(option))));
  find("purpose").textContent = procedure.purpose;
  answering();
}

// What is answered is asked where an act answers something; it may be given later as well.
function answering() {
  const act = chosen().acts.find((each) => each.name === find("act").value);
  find("answering").hidden = act.opens;
}

async function started() {
  const basis = find("answering").hidden ? "" : find("basis").value.trim();
  await begin(find("line").value, chosen().name, find("act").value, basis ? [basis] : []);
}

// What whoever is here has not finished, with where they left it, the newest first.
async function unfinished(who, lines) {
  const found = await Promise.all(UNFINISHED.map((each) => everything(`/drafts?state=${each}`)));
  const own = found.flat().filter((each) => each.writers.includes(who.id));
  const newest = own.sort((one, two) => two.changed_ms - one.changed_ms).map((each) => {
    const link = make("a", { href: `/desk/draft#${each.id}` }, titleOf(each, known));
    const about = [` ${stateOf(each)}, `, when(each.changed_ms), ` ${lines.get(each.line) ?? ""}`];
    return make("li", {}, link, make("span", { class: "about" }, ...about));
  });
  find("own").replaceChildren(newest.length ? make("ul", {}, ...newest) : make("p", {}, words.own_none));
}

async function list(lines) {
  find("list").replaceChildren(await queue("/desk/draft", [find("state").value], lines, known));
}

// The draft that the address names, with all that is known of it: what it says, what rules find, versions and steps.
export async function read() {
  const id = location.hash.slice(1);
  if (!id) throw new Told(words.draft_unnamed);
  return ask(`/drafts/${encodeURIComponent(id)}`);
}

// The drafts in these states, each leading to the page where something is done with it.
export async function queue(page, states, lines, names) {
  const found = await Promise.all(states.map((each) => everything(each ? `/drafts?state=${each}` : "/drafts")));
  const rows = found.flat().map((each) =>
    row(
      make("a", { href: `${page}#${each.id}` }, titleOf(each, names)),
      lines.get(each.line) ?? code(each.line.slice(0, 12)),
      stateOf(each),
      code(each.id.slice(0, 8)),
      when(each.changed_ms),
    ),
  );
  const heads = [words.drafts_what, words.drafts_line, words.drafts_state, words.drafts_id, words.drafts_changed];
  return rows.length ? table(words.drafts_caption, heads, rows) : make("p", {}, words.drafts_none);
}

// Pass a draft on or return it; whoever returns one says why.
export async function passed(draft, step, page) {
  const comment = find("comment");
  if (step === "return" && !comment.value.trim()) {
    comment.setAttribute("aria-invalid", "true");
    comment.focus();
    throw new Told(words.review_comment_needed);
  }
  await change(`/drafts/${draft.id}/${step}`, { version: draft.version, comment: comment.value });
  location.assign(page);
}

start("drafts", drafts);
