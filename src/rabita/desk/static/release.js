// The release queue: what would leave this node and what would stay, word by word, before a passkey signs it.

import { ask, change, say, tried } from "./api.js";
import { code, find, make, plain } from "./dom.js";
import { passed, queue, read } from "./drafts.js";
import { lineNames, options, slug } from "./lines.js";
import { shown } from "./passkeys.js";
import { findings, history, members, sides, stateOf, titleOf } from "./reading.js";
import { words } from "./words.js";

const ENDED = new Set(["released", "dropped"]);
const OUTCOMES = { released: words.release_done, waiting: words.release_waiting, dropped: words.state_dropped };
let held;
let begun;

export async function release() {
  const names = await lineNames();
  addEventListener("hashchange", () => location.reload());
  if (!location.hash) return find("list").replaceChildren(await queue("/desk/release", ["in-release"], names));
  held = await read();
  find("what").replaceChildren(`${titleOf(held)} — ${names.get(held.line) ?? held.line}`);
  find("standing").replaceChildren(stateOf(held));
  find("history").replaceChildren(history(held.steps));
  find("one").hidden = false;
  if (ENDED.has(held.state)) return outcome(held);
  const { acts } = await ask(`/procedures/${slug(held.procedure)}`);
  options(find("precedence"), acts[held.act].precedences.map((each) => [each, each]));
  find("precedence").value = held.said.precedence;
  find("precedence").addEventListener("change", ({ target }) => tried(target, look));
  find("sign").addEventListener("click", ({ target }) => tried(target, sign, words.working));
  find("return").addEventListener("click", ({ target }) => tried(target, back));
  find("deciding").hidden = false;
  await look();
}

// Ask for the very bytes that would be signed, and show what is in them.
async function look() {
  begun = undefined;
  find("sign").disabled = true;
  find("shown").hidden = true;
  const wanted = { version: held.version, precedence: find("precedence").value };
  begun = await change(`/drafts/${held.id}/release/begin`, wanted);
  find("sentence").replaceChildren(begun.sentence);
  find("digest").replaceChildren(code(begun.digest));
  const coded = make("h3", {}, words.release_coded);
  find("sides").replaceChildren(sides(begun.leaves, begun.stays), coded, members(begun.act));
  find("found").replaceChildren(findings(begun.flags));
  const needed = begun.approvals_needed.map(plain).join(", ");
  const approvals = words.release_approvals.replace("{needed}", needed);
  find("approvals").replaceChildren(approvals.replace("{given}", given(begun.approvals_given)));
  find("shown").hidden = false;
  find("sign").disabled = false;
}

const back = () => passed(held, "return", "/desk/release");

const given = (approvals) => approvals.map((each) => `${plain(each.role)} (${each.post})`).join(", ") || words.none;

async function sign() {
  const answer = await shown(begun.publicKey);
  const told = await change(`/drafts/${held.id}/release`, { digest: begun.digest, answer });
  held = await read();
  find("standing").replaceChildren(stateOf(held));
  find("history").replaceChildren(history(held.steps));
  outcome(told);
}

function outcome(told) {
  find("deciding").hidden = true;
  find("outcome").replaceChildren(OUTCOMES[told.state], " ", ...(told.reference ? [code(told.reference)] : []));
  find("outcome").hidden = false;
  find("outcome").focus();
  say("");
}
