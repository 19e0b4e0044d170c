// The officers of this node: who there is, whom to invite and appoint, whom to keep out.

import { ask, change, say, tried } from "./api.js";
import { button, code, find, make, row, table, when, written } from "./dom.js";
import { control } from "./form.js";
import { options } from "./lines.js";
import { start } from "./rabita.js";
import { words } from "./words.js";
import { codes } from "./codes.js";

const ROLE = { enum: codes.roles };
const WORD = { type: "string" };
const TIME = { type: "integer", minimum: 0 };
const OFFICER = {
  type: "object",
  properties: {
    name: WORD,
    roles: { type: "array", items: ROLE },
    post: WORD,
    rank: { enum: codes.ranks },
    languages: { type: "array", items: { enum: codes.languages } },
    clearances: { type: "array", items: WORD },
  },
  required: ["name", "roles"],
};
const TENURE = {
  type: "object",
  properties: { post: WORD, role: ROLE, from_ms: TIME, until_ms: TIME },
  required: ["post", "role"],
};
const IDENTITY = { type: "object", properties: { subject: WORD } };
// What may be done with an officer, by standing; whoever has no passkey yet may be given another code.
const DEEDS = {
  active: ["suspend", "revoke", "recover"],
  suspended: ["restore", "revoke"],
  revoked: [],
};

async function officers() {
  formOf("form", OFFICER, "officer", (said) => change("/officers", { roles: [], ...said }));
  formOf("appoint", TENURE, "tenure", (said) => change(`/officers/${find("appointed").value}/tenures`, said));
  formOf("link", IDENTITY, "identity", (said) =>
    change(`/officers/${find("linked").value}/identity`, { subject: "", ...said }),
  );
  const { provider } = await ask("/access/ways");
  find("linking").hidden = !provider;
  await list();
}

// A form drawn from its schema, and what is done with what it says.
function formOf(id, schema, path, act) {
  const form = find(id);
  const drawn = control(schema, path, undefined, { needed: true });
  const fields = drawn.node.querySelectorAll(":scope > .field, :scope > fieldset");
  form.prepend(...form.querySelectorAll(":scope > .field"), ...fields);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    tried(form.querySelector("button.main"), async () => {
      await finished(await act(drawn.read()));
      form.reset();
    });
  });
}

// Whatever was done is seen in the list; a code is shown this once.
async function finished(told) {
  if (told.code) shownOnce([`${words.officers_code} `, code(told.code)]);
  else if (told.state === "waiting") shownOnce([words.officers_waiting]);
  else say(words.officers_done);
  await list();
}

function shownOnce(text) {
  find("code").replaceChildren(...text);
  find("code").hidden = false;
  find("code").focus();
}

async function list() {
  const everyone = await ask("/officers");
  const held = [words.officers_roles, words.officers_standing, words.officers_passkeys];
  const heads = [words.officers_who, ...held, words.officers_act];
  find("list").replaceChildren(table(words.officers_caption, heads, everyone.map(line)));
  const known = everyone.filter((each) => each.standing !== "revoked");
  for (const select of [find("appointed"), find("linked")]) {
    const chosen = select.value;
    options(select, known.map((each) => [each.id, `${each.name} ${each.id.slice(0, 8)}`]));
    select.value = known.some((each) => each.id === chosen) ? chosen : known[0]?.id;
  }
}

function line(officer) {
  const now = Date.now();
  const tenures = officer.tenures.filter((each) => !each.until_ms || each.until_ms > now);
  const active = officer.passkeys.filter((each) => each.standing === "active").length;
  const waits = officer.standing === "active" && !officer.passkeys.length;
  const deeds = [...DEEDS[officer.standing], ...(waits ? ["invite_again"] : [])];
  const identity = officer.identity ? [make("div", {}, `${words.officers_identity} `, written(officer.identity))] : [];
  return row(
    [written(officer.name), " ", code(officer.id.slice(0, 8)), ...identity],
    tenures.map((each) => tenure(officer, each)),
    words[`standing_${officer.standing}`],
    String(active),
    deeds.map((each) => deed(officer, each)),
  );
}

function tenure(officer, held) {
  const until = held.until_ms ? [` ${words.officers_until} `, when(held.until_ms)] : [];
  const role = words[`value_${held.role}`];
  const end = sure(words.officers_end, `${role} ${held.post} ${officer.name}`, () =>
    change(`/officers/${officer.id}/tenures/${held.id}/end`),
  );
  return make("div", { class: "tenure" }, `${role} · `, written(held.post), ...until, " ", end);
}

function deed(officer, name) {
  const path = name === "invite_again" ? "invite" : name;
  return sure(words[`officers_${name}`], officer.name, () => change(`/officers/${officer.id}/${path}`));
}

// What keeps somebody out or lets them in is asked for twice.
function sure(name, about, act) {
  const node = button(name, () => {
    if (node.dataset.sure !== "yes") {
      node.dataset.sure = "yes";
      node.textContent = words.officers_sure.replace("{deed}", name);
      node.setAttribute("aria-label", `${node.textContent} ${about}`);
      return say(node.textContent);
    }
    return tried(node, async () => finished(await act()));
  }, { "aria-label": `${name} ${about}` });
  return node;
}

start("officers", officers);
