// Review: what waits for another's eyes, read in full, passed on or returned with a comment.

import { tried } from "./api.js";
import { find } from "./dom.js";
import { passed, queue, read } from "./drafts.js";
import { listed } from "./files.js";
import { mark } from "./hints.js";
import { catalogue, composed, lineNames } from "./lines.js";
import { origin } from "./origin.js";
import { start } from "./rabita.js";
import { findings, history, said, stateOf, titleOf } from "./reading.js";
import { learn } from "./sentences.js";

// Personal data may be looked at before the review of the rest, or after it.
const statesFor = (who) =>
  who.roles.includes("data-protection-reviewer") ? ["in-review", "in-release"] : ["in-review"];

async function review(who) {
  const [lines, names] = await Promise.all([lineNames(), catalogue(), learn()]);
  addEventListener("hashchange", () => location.reload());
  if (!location.hash) return find("list").replaceChildren(await queue("/desk/review", statesFor(who), lines, names));
  const held = await read();
  const answers = origin(held);
  const form = await composed(held);
  find("what").replaceChildren(`${titleOf(held, names)} — ${lines.get(held.line) ?? held.line}`);
  find("standing").replaceChildren(stateOf(held));
  find("reading").replaceChildren(...said(held, form), ...(await listed(held)));
  find("found").replaceChildren(findings(held.findings));
  find("history").replaceChildren(history(held.steps));
  for (const [id, step] of [["pass", "review"], ["return", "return"]]) {
    find(id).addEventListener("click", ({ target }) => tried(target, () => passed(held, step, "/desk/review")));
  }
  await answers;
  find("one").hidden = false;
  await mark(find("reading"));
}

start("review", review);
