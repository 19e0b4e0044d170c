// What pages know of the node's lines and procedures: names for people, and what a form is drawn from.

import { ask } from "./api.js";
import { codes } from "./codes.js";
import { make } from "./dom.js";
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
const TIME = { type: "integer", minimum: 0 };
const PERSONAL = {
  type: "object",
  properties: { purpose: { enum: codes.purposes }, category: { enum: codes.categories }, retention_until_ms: TIME },
  required: ["purpose", "category", "retention_until_ms"],
};

// The act's own fields; which role each portion has is said with the portion.
function coded(fields) {
  const name = fields.$ref.split("/").at(-1);
  const { roles, ...properties } = fields.$defs[name].properties;
  return { ...fields, $defs: { ...fields.$defs, [name]: { ...fields.$defs[name], properties } } };
}

// The whole of what a draft of this act may say, as a schema: what every act may carry, and the act's own fields.
export async function schemaOf(draft, who) {
  const [procedure, charter] = await Promise.all([
    ask(`/procedures/${slug(draft.procedure)}`),
    ask(`/lines/${draft.line}/charter`),
  ]);
  const act = procedure.acts[draft.act];
  const roles = act.portions.map((each) => each.role);
  const portion = {
    type: "object",
    properties: {
      role: roles.includes("*") ? WORD : { enum: roles, default: roles[0] },
      language: { enum: charter.terms.languages, default: document.documentElement.lang },
      text: WORD,
      marking: { type: "string", list: "markings" },
      withheld: { type: "boolean" },
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
      fields: coded(act.fields),
      personal_data: { anyOf: [PERSONAL, { type: "null" }] },
      posts: { type: "array", items: WORD },
      reply_by_ms: TIME,
      expires_ms: TIME,
      kind: { enum: codes.kinds },
      attachments: { type: "array", items: WORD },
    },
    required: ["fields", "precedence", "post"],
  };
  return { schema, act };
}
