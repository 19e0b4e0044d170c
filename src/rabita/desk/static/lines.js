// What pages know of the node's lines and procedures: names for people, and what a form is drawn from.

import { ask } from "./api.js";
import { codes } from "./codes.js";
import { make } from "./dom.js";
import { files, known } from "./files.js";
import { speak } from "./form.js";
import { duration } from "./times.js";
import { words } from "./words.js";

export const lines = () => ask("/lines");

export const lineName = (line) => `${line.us} – ${line.peer}${line.exercise ? ` (${words.exercise})` : ""}`;

export async function lineNames() {
  return new Map((await lines()).map((each) => [each.line, lineName(each)]));
}

export function options(select, pairs) {
  select.replaceChildren(...pairs.map(([value, text]) => make("option", { value }, text)));
}

// Procedures and acts are addressed by their names with hyphens for spaces.
export const slug = (name) => name.replaceAll(" ", "-");

// All procedures and acts of a line by name, in the reader's language.
export async function catalogue(line = "") {
  const found = await ask(`/desk/compose?line=${line}`);
  return new Map(found.map((each) => [each.name, each]));
}

// All that a form of a procedure says, in the reader's language; the words of its members and codes are told to forms.
export async function composed(draft) {
  const basis = encodeURIComponent(draft.said?.basis?.[0] ?? "");
  const form = await ask(`/desk/compose/${slug(draft.procedure)}?line=${draft.line}&basis=${basis}`);
  speak(form);
  return form;
}

// Precedences with how soon what is so marked is handled; the prosign itself stays as it is.
export const laneNames = (form, lanes) =>
  lanes.map((lane) => {
    const within = form.handling_s[lane];
    const told = words.lane_within.replace("{lane}", lane).replace("{time}", duration(within));
    return [lane, within ? told : lane];
  });

const WORD = { type: "string" };
const CARRIED = { carried: true };
const TIME = { type: "integer", minimum: 0 };
const PERSONAL = {
  type: "object",
  properties: { purpose: { enum: codes.purposes }, category: { enum: codes.categories }, retention_until_ms: TIME },
  required: ["purpose", "category", "retention_until_ms"],
};

const nameOf = (fields) => fields.$ref.split("/").at(-1);

// The fields of an act with what another function makes of the members of one struct.
function changed(fields, name, change) {
  const struct = fields.$defs[name];
  const after = { ...struct, properties: change(struct.properties) };
  return { ...fields, $defs: { ...fields.$defs, [name]: after } };
}

// The act's own fields, its places read on the charter's map edition. Which role each portion has is said with the
// portion; only a correction carries what the act that it corrects said of them.
function coded(fields, edition, roles) {
  const own = changed(fields, nameOf(fields), ({ roles: before, ...more }) => (roles ? { ...more, roles } : more));
  if (!own.$defs.Place) return own;
  return changed(own, "Place", (members) => ({ ...members, edition: { ...WORD, usual: edition } }));
}

// The whole of what a draft of this act may say, as a schema: what every act may carry, and the act's own fields; of a
// correction those of the act that it corrects (*corrected*, as the node answers).
export async function schemaOf(draft, who, corrected) {
  const [procedure, charter] = await Promise.all([
    ask(`/procedures/${slug(draft.procedure)}`),
    ask(`/lines/${draft.line}/charter`),
  ]);
  const act = procedure.acts[draft.act];
  const edition = charter.terms.boundary.digest;
  const target = corrected && coded(procedure.acts[corrected.act].fields, edition, CARRIED);
  const own = coded(act.fields, edition);
  const fields = target ? changed(own, nameOf(own), (members) => ({ ...members, fields: target })) : own;
  const roles = act.portions.map((each) => each.role);
  const portion = {
    type: "object",
    properties: {
      role: roles.includes("*") ? WORD : { enum: roles, default: roles[0] },
      language: { enum: charter.terms.languages, default: document.documentElement.lang },
      text: WORD,
      marking: { type: "string", list: "markings" },
      withheld: { type: "boolean" },
      discloses: CARRIED,
    },
  };
  const schema = {
    type: "object",
    properties: {
      post: { enum: who.posts },
      precedence: { enum: act.precedences },
      marking: { type: "string", list: "markings", help: words.marking_help },
      basis: { type: "array", items: WORD },
      portions: { type: "array", items: portion },
      fields,
      personal_data: { anyOf: [PERSONAL, { type: "null" }] },
      posts: { type: "array", items: WORD },
      reply_by_ms: TIME,
      expires_ms: TIME,
      kind: { enum: codes.kinds },
      attachments: { drawn: files(draft.line, await known(draft)) },
    },
    required: ["fields", "precedence", "post"],
  };
  return { schema, act, target };
}
