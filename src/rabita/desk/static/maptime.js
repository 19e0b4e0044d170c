// The time shown: everything until a moment, or what touches a span before it, step by step or played.
// It plays only when told to; whoever wants less motion is given slower steps, and never more than a step.

import { inDigits } from "./clock.js";
import { find } from "./dom.js";
import { timeText } from "./times.js";
import { words } from "./words.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const STEPS_MS = [HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS];
const STEPS_MAX = 120;
const PLAYED_MS = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1500 : 600;

let moments = [];
let player;

const slider = () => find("moment");
const chosen_ms = () => moments[Number(slider().value)] ?? 0;

// The steps from the first to the last time that items name.
function steps(times) {
  if (!times.length) return [];
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const step = STEPS_MS.find((each) => (last - first) / each < STEPS_MAX) ?? Math.ceil((last - first) / STEPS_MAX);
  const begin = Math.floor(first / step) * step;
  return Array.from({ length: Math.ceil((last - begin) / step) + 1 }, (_, at) => begin + at * step);
}

// Take up the times of items; whoever looked at the end goes on doing so.
export function timed(items) {
  const atEnd = slider().value === slider().max;
  const before_ms = chosen_ms();
  moments = steps(items.flatMap((each) => [each.get("from_ms"), each.get("until_ms")]).filter(Boolean));
  slider().max = String(Math.max(0, moments.length - 1));
  const kept = moments.findLastIndex((each) => each <= before_ms);
  slider().value = atEnd || kept < 0 ? slider().max : String(kept);
  for (const id of ["moment", "play", "earlier", "later", "span"]) find(id).disabled = moments.length < 2;
}

// Say whether something is in the time shown.
export function isShown(item) {
  if (!moments.length || (slider().value === slider().max && find("span").value === "0")) return true;
  const until_ms = chosen_ms();
  const span_ms = Number(find("span").value) * DAY_MS;
  return item.get("from_ms") <= until_ms && (!span_ms || item.get("until_ms") >= until_ms - span_ms);
}

export function time(changed) {
  const told = () => {
    const text = moments.length ? timeText(chosen_ms()) : "";
    find("moment-text").textContent = text;
    slider().setAttribute("aria-valuetext", text);
    changed();
  };
  const go = (steps_) => {
    slider().value = String(Number(slider().value) + steps_);
    told();
  };
  slider().addEventListener("input", told);
  find("span").addEventListener("change", told);
  find("earlier").addEventListener("click", () => go(-1));
  find("later").addEventListener("click", () => go(1));
  find("play").addEventListener("click", () => (player ? stop() : play(go)));
  return told;
}

function play(go) {
  if (slider().value === slider().max) slider().value = "0";
  find("play").textContent = words.map_pause;
  find("play").setAttribute("aria-pressed", "true");
  go(0);
  player = setInterval(() => (slider().value === slider().max ? stop() : go(1)), PLAYED_MS);
}

function stop() {
  clearInterval(player);
  player = undefined;
  find("play").textContent = words.map_play;
  find("play").setAttribute("aria-pressed", "false");
}

export const counted = (shown, all) =>
  words.map_counted.replace("{shown}", inDigits(shown)).replace("{all}", inDigits(all));
