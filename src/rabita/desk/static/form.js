// A form drawn from a JSON Schema: one kind of control for each shape the catalogue of procedures uses.
//
// Every control is {node, read}: what is shown, and what it says, undefined where it says nothing. Ids are the path of
// the member ("fields.tour.start_ms"), so that a finding about a member finds its control. A schema may bring a control
// of its own (`drawn`).

import { Told } from "./api.js";
import { codes } from "./codes.js";
import { button, filledApart, make, plain } from "./dom.js";
import { inputText, latin, readTime, timeText } from "./times.js";
import { words } from "./words.js";

const DEGREE = 1_000_000;
const LONG = new Set(["text", "comment"]);

export class Unreadable extends Told {
  constructor(path) {
    super(words.form_unreadable.replace("{field}", labelled(path)));
    this.path = path;
  }
}

const last = (path) => path.split(".").findLast((each) => !/^(\d+|or)$/.test(each));
const sentenceCase = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// What a procedure calls its members and their codes, in the reader's language; told once by the page.
let known = { labels: {}, values: {} };
export const speak = (form) => (known = form);
export const valued = (value) => words[`value_${value}`] ?? known.values[value] ?? value;

export function labelled(path) {
  const number = /\.(\d+)$/.exec(path);
  const key = `field_${path.replaceAll(/\.\d+/g, "").replaceAll(".", "_")}`;
  const name = words[key] ?? known.labels[last(path)] ?? sentenceCase(plain(last(path).replace(/_ms$/, "")));
  return number ? `${words[`${key}_one`] ?? name} ${Number(number[1]) + 1}` : name;
}

// Where a rule found something, as the ids of a form have it.
export const pathOf = (detail) => detail.split(":")[0].trim().replaceAll(/\[(\d+)\]/g, ".$1");

// What a rule found is about: the member it names, in the form's own words; undefined where it names none.
export const memberOf = (detail) => {
  const path = pathOf(detail);
  return /^[\w.]+$/.test(path) && known.labels[last(path)] ? labelled(`said.fields.${path}`) : undefined;
};

function resolved(schema, defs) {
  return schema.$ref ? { ...defs[schema.$ref.split("/").at(-1)], ...schema, $ref: undefined } : schema;
}

export function control(given, path, value, about = {}) {
  const defs = given.$defs ?? about.defs ?? {};
  const schema = resolved(given, defs);
  const inside = { defs, needed: about.needed ?? false };
  return shape(schema, defs)(schema, path, value, inside);
}

function shape(schema, defs) {
  if (schema.carried) return carried;
  if (schema.drawn) return schema.drawn;
  if (schema.anyOf) return schema.anyOf.some((each) => each.type === "null") ? maybe : eitherOf;
  if (schema.enum) return choice;
  if (schema.type === "object") return !schema.properties ? free : schema.properties.scheme ? grade : group;
  if (schema.type === "array") return schema.prefixItems ? point : arrays(resolved(schema.items, defs));
  if (schema.type === "boolean") return tick;
  return schema.type === "integer" ? number : text;
}

function arrays(items) {
  if (items.prefixItems) return ring;
  if (items.enum) return several;
  return items.type === "object" ? listOf : lines;
}

function labelledBy(path, input, { needed = false, help = "" } = {}) {
  const mark = needed ? make("span", { class: "needed" }, ` ${words.form_needed}`) : "";
  const label = make("label", { for: path }, labelled(path), mark);
  if (needed) input.setAttribute("aria-required", "true");
  input.setAttribute("aria-describedby", `${help ? `${path}-help ` : ""}${path}-found`);
  const told = help ? [make("span", { id: `${path}-help`, class: "help" }, help)] : [];
  return make("div", { class: "field" }, label, ...told, input, make("span", { id: `${path}-found`, class: "found" }));
}

function text(schema, path, value, about) {
  const long = LONG.has(last(path));
  const attributes = { id: path, dir: "auto", rows: long && 6, autocomplete: "off", list: schema.list };
  const input = make(long ? "textarea" : "input", attributes);
  input.value = value ?? schema.usual ?? "";
  return { node: labelledBy(path, input, { ...about, help: schema.help }), read: () => input.value || undefined };
}

// What a draft has from where it was begun, and nobody writes.
const carried = (schema, path, value) => ({ node: make("span", { hidden: true }), read: () => value });

function choice(schema, path, value, about) {
  const select = make("select", { id: path }, make("option", { value: "" }, words.form_choose));
  const choices = schema.enum.filter((each) => each !== "");
  select.append(...choices.map((each) => make("option", { value: each }, valued(each))));
  select.value = value ?? schema.default ?? "";
  return { node: labelledBy(path, select, about), read: () => select.value || undefined };
}

function tick(schema, path, value, about) {
  const usual = schema.default ?? false;
  const input = make("input", { id: path, type: "checkbox" });
  input.checked = value ?? usual;
  const label = make("label", { for: path }, input, labelled(path));
  const read = () => (about.needed || input.checked !== usual ? input.checked : undefined);
  return { node: make("div", { class: "field tick" }, label), read };
}

function number(schema, path, value, about) {
  if (path.endsWith("_ms")) return moment(path, value, about);
  const input = make("input", { id: path, inputmode: "decimal", autocomplete: "off", dir: "ltr" });
  input.value = value ?? "";
  const read = () => {
    const said = latin(input.value).trim();
    if (said && !/^-?\d+$/.test(said)) throw new Unreadable(path);
    return said ? Number(said) : undefined;
  };
  return { node: labelledBy(path, input, about), read };
}

// A time, written in numbers, with what it is read as beside it; one that is left alone stays to the millisecond.
function moment(path, value, about) {
  const input = make("input", { id: path, autocomplete: "off", dir: "ltr", class: "moment" });
  const shown = make("span", { id: `${path}-read`, class: "help read" });
  const before = value ? inputText(value) : "";
  input.value = before;
  const read = () => {
    if (input.value === before) return value || undefined;
    const ms = readTime(input.value);
    if (ms === undefined && input.value.trim()) throw new Unreadable(path);
    return ms;
  };
  const tell = () => {
    const ms = readTime(input.value);
    shown.textContent = ms ? timeText(ms) : input.value.trim() ? words.form_time_wrong : "";
  };
  input.addEventListener("input", tell);
  tell();
  const zone = document.documentElement.dataset.zone;
  const help = filledApart(words.form_zone, { zone, example: inputText(Date.UTC(2024, 0, 16, 12, 30)) });
  const node = labelledBy(path, input, { ...about, help });
  input.setAttribute("aria-describedby", `${path}-help ${path}-read ${path}-found`);
  input.after(shown);
  return { node, read };
}

function area(path, shown, help, understood, about) {
  const input = make("textarea", { id: path, rows: 3, dir: "auto", spellcheck: "false" });
  input.value = shown;
  return { node: labelledBy(path, input, { ...about, help }), read: () => understood(input.value, path) };
}

const split = (said) => said.split("\n").map((each) => each.trim()).filter(Boolean);

function lines(schema, path, value, about) {
  const understood = (said) => (split(said).length ? split(said) : undefined);
  return area(path, (value ?? []).join("\n"), words.form_lines, understood, about);
}

const degrees = (place) => place.map((each) => each / DEGREE).join(", ");

function place(said, path) {
  const parts = latin(said).replaceAll("٫", ".").split(/[,،\s]+/).map(Number);
  if (parts.length !== 2 || parts.some(Number.isNaN)) throw new Unreadable(path);
  return parts.map((each) => Math.round(each * DEGREE));
}

function ring(schema, path, value, about) {
  const understood = (said) => (split(said).length ? split(said).map((each) => place(each, path)) : undefined);
  const drawn = area(path, (value ?? []).map(degrees).join("\n"), words.form_ring, understood, about);
  drawn.node.querySelector("textarea").dataset.ring = "true";
  return drawn;
}

function point(schema, path, value, about) {
  const understood = (said) => (said.trim() ? place(said.trim(), path) : undefined);
  return area(path, value ? degrees(value) : "", words.form_point, understood, about);
}

function free(schema, path, value, about) {
  const understood = (said) => {
    if (!said.trim()) return about.needed ? {} : undefined;
    try {
      return JSON.parse(said);
    } catch {
      throw new Unreadable(path);
    }
  };
  return area(path, value ? JSON.stringify(value, null, 1) : "", words.form_free, understood, about);
}

export function titled(path, ...inside) {
  const found = make("span", { id: `${path}-found`, class: "found" });
  return make("fieldset", { id: path, tabindex: "-1" }, make("legend", {}, labelled(path)), ...inside, found);
}

function several(schema, path, value) {
  const before = value ?? schema.default ?? [];
  const boxes = schema.items.enum.map((each, at) => {
    const input = make("input", { id: `${path}.${at}`, type: "checkbox", value: each });
    input.checked = before.includes(each);
    return [input, make("label", { for: `${path}.${at}` }, input, valued(each))];
  });
  const read = () => {
    const ticked = boxes.filter(([input]) => input.checked).map(([input]) => input.value);
    const held = [...new Set([...before.filter((each) => ticked.includes(each)), ...ticked])];
    return held.length ? held : undefined;
  };
  return { node: titled(path, ...boxes.map(([, label]) => label)), read };
}

function group(schema, path, value, about) {
  const names = Object.keys(schema.properties);
  const parts = names.map((name) => {
    const inside = { defs: about.defs, needed: schema.required?.includes(name) };
    return [name, control(schema.properties[name], `${path}.${name}`, value?.[name], inside)];
  });
  const read = () => {
    const held = parts.map(([name, part]) => [name, part.read()]).filter(([, said]) => said !== undefined);
    return held.length || about.needed ? Object.fromEntries(held) : undefined;
  };
  return { node: titled(path, ...parts.map(([, part]) => part.node)), read };
}

// A grade: a scheme, and of what it knows a source and an information, each letter and number with its words.
function grade(schema, path, value, about) {
  const { scheme, ...others } = schema.properties;
  const properties = { scheme: { ...scheme, enum: codes.schemes }, ...others };
  const drawn = group({ ...schema, properties }, path, value, about);
  const [schemes, ...graded] = drawn.node.querySelectorAll("select");
  const tell = () => {
    for (const option of graded.flatMap((each) => [...each.options].slice(1))) {
      const said = words[`grade_${schemes.value}_${option.value}`];
      option.disabled = option.hidden = !said;
      option.textContent = said ? `${option.value}: ${said}` : option.value;
    }
    for (const each of graded) if (each.selectedOptions[0]?.disabled) each.value = "";
  };
  schemes.addEventListener("change", tell);
  tell();
  return drawn;
}

function maybe(schema, path, value, about) {
  const meant = schema.anyOf.find((each) => each.type !== "null");
  const inner = control(meant, path, value ?? undefined, { defs: about.defs, needed: true });
  const box = make("input", { id: `${path}.said`, type: "checkbox" });
  box.checked = Boolean(value);
  inner.node.hidden = !box.checked;
  box.addEventListener("change", () => (inner.node.hidden = !box.checked));
  const label = make("label", { for: `${path}.said` }, box, words.form_includes.replace("{field}", labelled(path)));
  const read = () => (box.checked ? inner.read() : undefined);
  return { node: make("div", { class: "field tick" }, label, inner.node), read };
}

function eitherOf(schema, path, value, about) {
  const kinds = schema.anyOf.map((each) => resolved(each, about.defs));
  const parts = schema.anyOf.map((each, at) =>
    control(each, at ? `${path}.or` : path, isOf(kinds[at], value) ? value : undefined, { ...about, needed: false }),
  );
  const read = () => parts.map((each) => each.read()).find((each) => each !== undefined);
  return { node: make("div", { class: "either" }, ...parts.map((each) => each.node)), read };
}

const isOf = (kind, value) =>
  kind.type === "string" ? typeof value === "string" : value !== null && typeof value === "object";

function listOf(schema, path, value, about) {
  const rows = [];
  const held = make("div", {});
  const add = (said) => {
    const row = control(schema.items, `${path}.${count++}`, said, { defs: about.defs, needed: true });
    const drop = button(words.form_remove, () => {
      rows.splice(rows.indexOf(row), 1);
      row.node.remove();
      more.focus();
      held.dispatchEvent(new Event("input", { bubbles: true }));
    });
    row.node.append(drop);
    rows.push(row);
    held.append(row.node);
    row.node.dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
  };
  let count = 0;
  const one = words[`field_${path.replaceAll(".", "_")}_one`] ?? labelled(path);
  const more = button(words.form_add.replace("{field}", one), () => {
    add(undefined);
    rows.at(-1).node.focus();
  });
  for (const each of value ?? []) add(each);
  const read = () => (rows.length ? rows.map((each) => each.read()) : undefined);
  return { node: titled(path, held, more), read };
}
