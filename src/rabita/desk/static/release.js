// The release queue: what would leave this node and what would stay, word by word, before a passkey signs it.

import { ask, change, say, tried } from "./api.js";
import { code, find, make, plain } from "./dom.js";
import { passed, queue, read } from "./drafts.js";
import { listed } from "./files.js";
import { labelled } from "./form.js";
import { mark } from "./hints.js";
import { catalogue, composed, laneNames, lineNames, options } from "./lines.js";
import { explained } from "./marking.js";
import { origin } from "./origin.js";
import { shown } from "./passkeys.js";
import { start } from "./rabita.js";
import { findings, history, members, sides, stateOf, titleOf } from "./reading.js";
import { bytesOf, digestOf, shown as recordShown } from "./record.js";
import { learn, told as inWords } from "./sentences.js";
import { words } from "./words.js";

const ENDED = new Set(["released", "dropped"]);
const OUTCOMES = { released: words.release_done, waiting: words.release_waiting, dropped: words.state_dropped };
const CODED = ["fields", "posts", "basis", "reply_by_ms", "expires_ms", "kind", "attachments"];
let held;
let begun;
let form;
let looks = 0;

async function release() {
  const [lines, names] = await Promise.all([lineNames(), catalogue(), learn()]);
  addEventListener("hashchange", () => location.reload());
  if (!location.hash) return find("list").replaceChildren(await queue("/desk/release", ["in-release"], lines, names));
  held = await read();
  find("what").replaceChildren(`${titleOf(held, names)} — ${lines.get(held.line) ?? held.line}`);
  find("standing").replaceChildren(stateOf(held));
  find("history").replaceChildren(history(held.steps));
  find("one").hidden = false;
  if (ENDED.has(held.state)) return outcome(held);
  const answers = origin(held);
  form = await composed(held);
  options(find("precedence"), laneNames(form, form.acts[held.act].precedences));
  find("precedence").value = held.said.precedence;
  find("precedence").addEventListener("change", ({ target }) => tried(target, look));
  find("sign").addEventListener("click", ({ target }) => tried(target, sign, words.working));
  find("return").addEventListener("click", ({ target }) => tried(target, back));
  await answers;
  find("deciding").hidden = false;
  await look();
}

// Ask for the very bytes that would be signed, and show what is in them; another precedence asks anew.
async function look() {
  const asked = (looks += 1);
  begun = undefined;
  find("sign").disabled = true;
  find("shown").hidden = true;
  const precedence = find("precedence").value;
  const kept = precedence === held.said.precedence;
  const changed = words.release_precedence_changed.replace("{lane}", held.said.precedence);
  find("precedence-said").textContent = kept ? words.release_precedence_kept : changed;
  const found = await change(`/drafts/${held.id}/release/begin`, { version: held.version, precedence });
  const [said, digest, attached] = await Promise.all([sentence(found), digestOf(bytesOf(found.act)), listed(held)]);
  if (asked !== looks) return;
  const agrees = digest === found.digest;
  find("sentence").replaceChildren(said);
  find("digest").replaceChildren(code(found.digest));
  find("sides").replaceChildren(...portions(found), ...attached, ...rest(found.act));
  find("found").replaceChildren(findings(found.flags));
  const needed = found.approvals_needed.map(roleOf).join(", ");
  const approvals = words.release_approvals.replace("{needed}", needed);
  find("approvals").replaceChildren(approvals.replace("{given}", given(found.approvals_given)));
  recordShown(bytesOf(found.act), words.record_signed, agrees ? words.record_agrees : words.record_differs);
  find("record-part").open ||= !agrees;
  find("shown").hidden = false;
  find("sign").disabled = !agrees;
  begun = found;
  await mark(find("sides"));
}

// What the act says, in the reader's language.
async function sentence(found) {
  const told = await ask(`/desk/drafts/${held.id}/record`).catch(() => found);
  return told.sentence;
}

// Portions in two columns, each under the number it has in the act.
function portions({ act, leaves, stays }) {
  const rows = { sent: leaves.values(), withheld: stays.values() };
  const numbered = (act.portions ?? []).map(({ state }, at) => {
    const { value } = rows[state].next();
    return { ...value, state, number: at + 1 };
  });
  const of = (state) => numbered.filter((each) => each.state === state);
  return [sides(of("sent"), of("withheld"), form)];
}

// What else leaves: the coded members of the act, and what its marking means.
function rest(act) {
  const coded = Object.fromEntries(CODED.map((name) => [name, act[name]]).filter(([, value]) => value));
  const marked = act.marking
    ? [make("h3", {}, labelled("said.marking")), make("p", {}, code(act.marking)), ...explained(act.marking, form)]
    : [];
  return [make("h3", {}, words.release_coded), members(coded), ...marked];
}

const roleOf = (role) => inWords(plain(role));

const back = () => passed(held, "return", "/desk/release");

const given = (approvals) => approvals.map((each) => `${roleOf(each.role)} (${each.post})`).join(", ") || words.none;

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

start("release", release);
