// Verifies the record now: tells how far it has come while the node computes, then what it found, in words.

import { pieces, say, Told, tried } from "./api.js";
import { filled, inDigits } from "./clock.js";
import { code, find, make, row, table } from "./dom.js";
import { words } from "./words.js";

export function transcript(button) {
  button.addEventListener("click", () => tried(button, () => verify(button.dataset.line)));
}

async function verify(line) {
  const bar = find("progress");
  find("verdict").replaceChildren();
  bar.hidden = false;
  try {
    for await (const piece of pieces(`/desk/transcript/${line}/verify`)) take(piece, bar);
  } finally {
    bar.hidden = true;
  }
}

function take(piece, bar) {
  if (piece.type === "failed") throw new Told(piece.sentence);
  if (piece.type === "progress") {
    bar.max = piece.all || 1;
    bar.value = piece.done;
    say(counted(words.transcript_progress, piece));
    return;
  }
  const verdict = find("verdict");
  verdict.replaceChildren(...told(piece));
  verdict.focus();
  say(piece.genuine ? words.transcript_genuine : words.transcript_false);
}

const counted = (text, values) => inDigits(filled(text, values));

function told(found) {
  const text = found.genuine ? words.transcript_genuine : words.transcript_false;
  return [
    make("p", { class: `tag whole ${found.genuine ? "good" : "bad"}` }, text),
    make("p", {}, counted(words.transcript_entries, { count: found.entries })),
    ...listed(words.transcript_faults, found.faults),
    ...listed(words.transcript_contradictions, found.contradictions),
    ...approvals(found.approvals),
    logs(found.logs),
  ];
}

function listed(title, sentences) {
  if (!sentences.length) return [];
  const items = sentences.map((each) => make("li", {}, make("span", { lang: "en", dir: "auto" }, each)));
  return [make("h3", {}, title), make("ul", { class: "refuses" }, ...items)];
}

function approvals(counts) {
  const names = {
    verified: words.transcript_verified,
    unknown: words.transcript_unknown,
    revoked: words.transcript_revoked,
    false: words.transcript_wrong,
  };
  const given = Object.entries(counts).filter(([, count]) => count);
  if (!given.length) return [];
  const terms = given.flatMap(([name, count]) => [
    make("dt", {}, names[name] ?? name),
    make("dd", {}, inDigits(count)),
  ]);
  return [make("h3", {}, words.transcript_approvals), make("dl", { class: "facts" }, ...terms)];
}

function logs(found) {
  const heads = [
    words.transcript_log,
    words.transcript_complete,
    words.transcript_receipted,
    words.transcript_portions,
  ];
  const rows = found.map((each) =>
    row(
      code(`${each.party} ${each.lane}${each.epoch > 1 ? ` ${each.epoch}` : ""}`),
      inDigits(each.complete),
      each.own ? inDigits(each.receipted) : "–",
      inDigits([each.portions - each.purged, each.withheld, each.purged].join(", ")),
    ),
  );
  return table(words.transcript_logs, heads, rows);
}

const asked = find("verify");
if (asked) transcript(asked);
