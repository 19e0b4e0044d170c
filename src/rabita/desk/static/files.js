// Files in a form: chosen, sent to this node with their progress, named with kind, size and digest, removed again.
//
// A file is kept at this node alone until an act that names its digest is sealed. What is of a wrong kind or too large
// is said at once; the server decides.

import { ask, Refused, say, send, sentence, Told } from "./api.js";
import { filled, inDigits } from "./clock.js";
import { codes } from "./codes.js";
import { button, code, make, written } from "./dom.js";
import { titled } from "./form.js";
import { words } from "./words.js";

const KILO = 1_000;
const MEGA = 1_000_000;
const SMALL = 10;

let going = 0;

export const isGoing = () => going > 0;

// What is submitted names whole files alone.
export function ready() {
  if (going) throw new Told(words.files_wait);
}

export function sizeText(count) {
  const [text, whole] =
    count >= MEGA ? [words.size_mb, MEGA] : count >= KILO ? [words.size_kb, KILO] : [words.size_bytes, 1];
  const size = whole > 1 && count < SMALL * whole ? (count / whole).toFixed(1) : String(Math.round(count / whole));
  return filled(text, { size: inDigits(size) });
}

// Kind and size of a file that this node holds.
const about = (file) =>
  [words[`media_${file.media.split("/")[1]}`] ?? file.media, sizeText(file.size_bytes)].join(" · ");

const copyAt = (line, digest) =>
  make("a", { href: `/lines/${line}/attachments/${digest}`, download: true }, words.files_take);

const described = (line, file) => [
  make("p", { class: "file-name" }, written(file.name), ` · ${about(file)}`),
  make("p", { class: "about" }, code(file.digest), " ", copyAt(line, file.digest)),
];

// What a draft names and this node holds, by digest.
export async function known(draft) {
  if (!draft.said.attachments?.length) return new Map();
  const found = await ask(`/desk/drafts/${draft.id}/files`);
  return new Map(found.map((each) => [each.digest, each]));
}

// The files of a draft for whoever reads it: a part of its own, none where there are none.
export async function listed(draft) {
  const held = await known(draft);
  const rows = (draft.said.attachments ?? []).map((digest) =>
    make("li", {}, ...(held.has(digest) ? described(draft.line, held.get(digest)) : missing(digest))),
  );
  if (!rows.length) return [];
  return [make("section", { class: "files" }, make("h3", {}, words.files_title), make("ul", {}, ...rows))];
}

const missing = (digest) => [
  make("p", { class: "file-name" }, code(digest)),
  make("p", { class: "about" }, words.files_missing),
];

// The control of a form; *held* are the files that the draft names already.
export const files = (line, held) => (schema, path, value) => {
  const rows = make("ul", {});
  const input = make("input", { id: `${path}.add`, type: "file", class: "aside", multiple: true, accept: codes.suffixes.join(",") });
  const help = filled(words.files_allowed, { size: sizeText(codes.file_bytes_max) });
  const label = make("label", { for: input.id, class: "button" }, words.files_add, input);
  const chosen = make("div", { class: "field" }, label, make("span", { id: `${path}-help`, class: "help" }, help));
  input.setAttribute("aria-describedby", `${path}-help ${path}-refused ${path}-found`);
  const refused = make("div", { id: `${path}-refused`, class: "refuses", role: "alert" });
  const node = titled(path, rows, chosen, refused);
  node.classList.add("files");
  const told = (text) => refused.append(make("p", {}, text));
  const changed = () => node.dispatchEvent(new Event("input", { bubbles: true }));
  const drop = (row, name) =>
    button(words.form_remove, () => {
      row.dispatchEvent(new Event("dropped"));
      row.remove();
      input.focus();
      say(filled(words.files_removed, { name }));
      changed();
    }, { class: "small", "aria-label": `${words.form_remove}: ${name}` });
  const keep = (file, row = make("li", {})) => {
    row.dataset.digest = file.digest;
    row.replaceChildren(...(file.media ? described(line, file) : missing(file.digest)), drop(row, file.name));
    rows.append(row);
  };
  for (const digest of value ?? []) keep(held.get(digest) ?? { digest, name: digest, media: "" });
  input.addEventListener("change", async () => {
    const picked = [...input.files];
    input.value = "";
    refused.replaceChildren();
    for (const file of picked) {
      const fault = faultOf(file, rows.children.length);
      if (fault) told(fault);
      else await sent(line, file, { rows, keep, drop, told, changed });
    }
  });
  return { node, read: () => digestsIn(rows) };
};

function digestsIn(rows) {
  const found = [...rows.querySelectorAll(":scope > [data-digest]")].map((each) => each.dataset.digest);
  return found.length ? [...new Set(found)] : undefined;
}

function faultOf(file, count) {
  const { name } = file;
  if (count >= codes.files_max) return filled(words.files_many, { count: inDigits(codes.files_max) });
  if (!codes.suffixes.some((each) => name.toLowerCase().endsWith(each))) return filled(words.files_kind, { name });
  if (file.size <= codes.file_bytes_max) return "";
  return filled(words.files_large, { name, size: sizeText(file.size), most: sizeText(codes.file_bytes_max) });
}

// Send one file, its progress in a row of its own, which can be removed meanwhile.
async function sent(line, file, { rows, keep, drop, told, changed }) {
  const { name } = file;
  const row = make("li", {});
  const bar = make("progress", { max: "100", value: "0", "aria-label": name });
  const text = make("p", { class: "file-name" });
  const stop = new AbortController();
  const gone = (part) => {
    const percent = Math.floor(part * 100);
    bar.value = percent;
    text.textContent = filled(words.files_going, { name, percent: inDigits(percent) });
  };
  row.addEventListener("dropped", () => stop.abort(), { once: true });
  row.append(text, bar, drop(row, name));
  rows.append(row);
  gone(0);
  going += 1;
  try {
    const path = `/lines/${line}/attachments?name=${encodeURIComponent(name)}`;
    const added = await send(path, file, gone, stop.signal);
    if (!row.isConnected) return;
    keep(added, row);
    say(filled(words.files_gone, { name }));
    changed();
  } catch (fault) {
    row.remove();
    if (!stop.signal.aborted) told(reason(fault, name));
  } finally {
    going -= 1;
  }
}

const reason = (fault, name) =>
  fault instanceof Refused && fault.code === "attachment-media"
    ? filled(words.files_false, { name })
    : `${filled(words.files_stopped, { name })} ${sentence(fault)}`;
