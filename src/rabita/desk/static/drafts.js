// The drafts of this node: the list, and a new one.

import { ask, change, everything, Told, tried } from "./api.js";
import { code, find, make, plain, row, table, when } from "./dom.js";
import { lineNames, options, slug } from "./lines.js";
import { stateOf, titleOf } from "./reading.js";
import { words } from "./words.js";

export async function drafts() {
  const names = await lineNames();
  options(find("line"), [...names]);
  const { procedures } = await ask("/procedures");
  options(find("procedure"), procedures.map((each) => [each.address.split("/").at(-1), each.title]));
  find("procedure").addEventListener("change", acts);
  find("state").addEventListener("change", () => list(names));
  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    tried(find("go"), begin);
  });
  await Promise.all([acts(), list(names)]);
}

async function acts() {
  const procedure = await ask(`/procedures/${find("procedure").value}`);
  const said = Object.entries(procedure.acts).filter(([, rule]) => !rule.service);
  options(find("act"), said.map(([name]) => [name, plain(name)]));
  find("purpose").textContent = procedure.purpose;
}

async function begin() {
  const body = { line: find("line").value, procedure: find("procedure").value, act: slug(find("act").value), said: {} };
  location.assign(`/desk/draft#${(await change("/drafts", body)).id}`);
}

async function list(names) {
  find("list").replaceChildren(await queue("/desk/draft", [find("state").value], names));
}

// The draft that the address names, with all that is known of it: what it says, what rules find, versions and steps.
export async function read() {
  const id = location.hash.slice(1);
  if (!id) throw new Told(words.draft_unnamed);
  return ask(`/drafts/${encodeURIComponent(id)}`);
}

// The drafts in these states, each leading to the page where something is done with it.
export async function queue(page, states, names) {
  const found = await Promise.all(states.map((each) => everything(each ? `/drafts?state=${each}` : "/drafts")));
  const rows = found.flat().map((each) =>
    row(
      make("a", { href: `${page}#${each.id}` }, titleOf(each)),
      names.get(each.line) ?? code(each.line.slice(0, 12)),
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
