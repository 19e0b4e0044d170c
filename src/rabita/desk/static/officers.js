// The officers of this node: who there is, whom to invite, whom to keep out.

import { ask, change, say, tried } from "./api.js";
import { button, code, find, make, plain, row, table } from "./dom.js";
import { control } from "./form.js";
import { words } from "./words.js";
import { codes } from "./codes.js";

const TERMS = {
  type: "object",
  properties: {
    name: { type: "string" },
    roles: { type: "array", items: { enum: codes.roles } },
    post: { type: "string" },
    rank: { enum: codes.ranks },
    languages: { type: "array", items: { enum: codes.languages } },
    clearances: { type: "array", items: { type: "string" } },
  },
  required: ["name", "roles"],
};
// What may be done with an officer, by standing.
const DEEDS = {
  active: ["suspend", "revoke", "recover"],
  suspended: ["restore", "revoke"],
  revoked: [],
};
let form;

export async function officers() {
  form = control(TERMS, "officer", undefined, { needed: true });
  find("terms").replaceChildren(...form.node.querySelectorAll(":scope > .field, :scope > fieldset"));
  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    tried(find("go"), invite);
  });
  await list();
}

async function list() {
  const rows = (await ask("/officers")).map((each) =>
    row(
      [make("bdi", {}, each.name), " ", code(each.id.slice(0, 8))],
      each.tenures.map((tenure) => make("div", {}, `${plain(tenure.role)} · `, make("bdi", {}, tenure.post))),
      words[`standing_${each.standing}`],
      String(each.passkeys.filter((passkey) => passkey.standing === "active").length),
      DEEDS[each.standing].map((deed) => deedOf(each, deed)),
    ),
  );
  const held = [words.officers_roles, words.officers_standing, words.officers_passkeys];
  const heads = [words.officers_who, ...held, words.officers_act];
  find("list").replaceChildren(table(words.officers_caption, heads, rows));
}

// What keeps somebody out or lets them in is asked for twice.
function deedOf(officer, deed) {
  const name = words[`officers_${deed}`];
  const node = button(name, () => {
    if (node.dataset.sure !== "yes") {
      node.dataset.sure = "yes";
      node.textContent = words.officers_sure.replace("{deed}", name);
      node.setAttribute("aria-label", `${node.textContent} ${officer.name}`);
      return say(node.textContent);
    }
    return tried(node, () => done(officer, deed));
  }, { "aria-label": `${name} ${officer.name}` });
  return node;
}

async function done(officer, deed) {
  const told = await change(`/officers/${officer.id}/${deed}`);
  if (deed === "recover") invited(told);
  else say(words.officers_done);
  await list();
}

async function invite() {
  const told = await change("/officers", { roles: [], ...form.read() });
  find("form").reset();
  invited(told);
  await list();
}

// The code is shown this once.
function invited(told) {
  const text = told.state === "waiting" ? [words.officers_waiting] : [`${words.officers_code} `, code(told.code)];
  find("code").replaceChildren(...text);
  find("code").hidden = false;
  find("code").focus();
}
