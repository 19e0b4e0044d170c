// What an act comes to, said while it is written: where it leads, who owes what then, who must release it, how long it
// may be, which times the charter sets. Everything is read from the definition; the server decides.

import { inDigits } from "./clock.js";
import { filledApart, find, make } from "./dom.js";
import { labelled, valued } from "./form.js";
import { duration, timeText } from "./times.js";
import { words } from "./words.js";

const SECOND_MS = 1_000;
const RELEASE = {
  officer: words.release_officer,
  consent: words.release_consent,
  service: words.release_service,
};
const INVISIBLE = /[\p{Mn}\p{Mc}\p{Me}\p{Cf}]/gu;
const ZERO_WIDTH_SPACE = "\u200b";
const LETTER = "[\\p{L}\\p{Nl}\\p{No}]";
const DIGIT = "[\\p{Nd}\\u066b]";
const BOTH = ".'\\u2018\\u2019\\u2024\\ufe52\\uff07\\uff0e";
const IN_WORD = `[${BOTH}:\\u00b7\\u0387\\u05f4\\u2027\\ufe13\\ufe55\\uff1a]`;
const IN_NUMBER = `[${BOTH},;\\u037e\\u0589\\u060c\\u060d\\u066c\\u07f8\\u2044\\ufe10\\ufe14\\uff0c\\uff1b]`;
const WORD = new RegExp(
  `(?:[\\p{L}\\p{N}_\\u066b]|(?<=${LETTER})${IN_WORD}(?=${LETTER})|(?<=${DIGIT})${IN_NUMBER}(?=${DIGIT}))+`,
  "gu",
);

// Count words as the server does (UAX #29, see procedures/words).
export function countWords(text) {
  const visible = text.replace(INVISIBLE, (each) => (each === ZERO_WIDTH_SPACE ? each : ""));
  return (visible.match(WORD) ?? []).filter((each) => /[\p{L}\p{N}]/u.test(each)).length;
}

const part = (title, ...inside) => make("section", {}, make("h3", {}, title), ...inside);
const list = (items) => make("ul", {}, ...items.map((each) => make("li", {}, each)));

// Say it all anew; *said* is the draft as it stands in the form, *form* the procedure's.
export function consequences(draft, said, form, nowMs = Date.now()) {
  const act = form.acts[draft.act];
  const leads = act.states.length ? [make("p", {}, words.does_leads), list(act.states)] : [words.does_stays];
  const signs = act.signs ? [make("p", {}, filledApart(words.does_signs, { result: act.signs }))] : [];
  const owed = act.owed.filter((each) => isOwed(each, said)).map((each) => owing(each, said, nowMs));
  const limits = times(form.limits[said.fields?.kind ?? draft.act], nowMs);
  const portions = act.portions.filter((each) => each.says).map(wanted);
  find("does").replaceChildren(
    make("p", { class: "says" }, act.says),
    ...leads,
    ...signs,
    ...(owed.length ? [part(words.does_owed, list(owed))] : []),
    part(words.does_release, list(release(act, said))),
    ...(limits.length ? [part(words.does_times, list(limits))] : []),
    ...(portions.length ? [part(words.does_portions, list(portions))] : []),
  );
  length(said, form);
}

const isOwed = (duty, said) =>
  Object.entries(duty.when).every(([name, value]) => (said.fields ?? {})[name] === value) &&
  !(duty.at === "reply_by_ms" && !said.reply_by_ms);

function owing(duty, said, nowMs) {
  const about = { who: duty.who, duty: duty.says };
  const within = duty.within_s[said.precedence] ?? duty.within_s[""];
  if (within) return filledApart(words.does_owed_by, { ...about, time: timeText(nowMs + within * SECOND_MS) });
  if (!duty.at) return filledApart(words.does_owed_undated, about);
  const ms = duty.at.split(".").reduce((value, name) => value?.[name], said);
  if (ms) return filledApart(words.does_owed_at, { ...about, time: timeText(ms) });
  return filledApart(words.does_owed_at_open, { ...about, field: labelled(`said.${duty.at}`) });
}

function release(act, said) {
  const flash = said.precedence === "FLASH" && act.approvals === "officer" ? [words.release_flash] : [];
  const personal = said.personal_data ? [words.release_personal] : [];
  return [...personal, RELEASE[act.approvals], ...flash];
}

function times(limits, nowMs) {
  const ahead = (seconds, text) =>
    seconds ? [filledApart(text, { time: duration(seconds), when: timeText(nowMs + seconds * SECOND_MS) })] : [];
  if (!limits) return [];
  return [
    ...ahead(limits.lead_min_s, words.times_lead_min),
    ...ahead(limits.lead_max_s, words.times_lead_max),
    ...ahead(limits.window_max_s, words.times_window_max),
  ];
}

function wanted(each) {
  const told = filledApart(each.required ? words.portion_needed : words.portion_optional, { role: each.says });
  const sent = each.may_withhold ? [] : [words.portion_sent];
  const markings = each.markings.length
    ? [filledApart(words.portion_markings, { markings: each.markings.map(valued).join(", ") })]
    : [];
  return [told, ...sent, ...markings].join("; ");
}

// The words that leave, against the limit of the lane; what is withheld does not count.
function length(said, form) {
  const sent = (said.portions ?? []).filter((each) => !each.withheld);
  const count = sent.reduce((sum, each) => sum + countWords(each.text ?? ""), 0);
  const most = form.words_max[said.precedence] ?? 0;
  const text = !most ? words.words_free : count > most ? words.words_over : words.words_within;
  const shown = { count: inDigits(count), lane: said.precedence, most: inDigits(most), over: inDigits(count - most) };
  const node = find("length");
  node.textContent = filledApart(text, shown);
  node.dataset.over = String(Boolean(most) && count > most);
}
