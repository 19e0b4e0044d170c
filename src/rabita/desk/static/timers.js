// Counting: the clocks of the frame, and every `data-count` element, which counts to or from its `data-ms`.

import { filled, inDigits, nowMs, timeOfDay } from "./clock.js";
import { words } from "./words.js";

const SECOND_MS = 1000;
const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;
const SHORT_S = 600; // below this seconds are shown too
const passed = new WeakSet();

// Write a stretch of time as one says it: days and hours, hours and minutes, minutes.
export function stretch(ms) {
  const s = Math.floor(Math.abs(ms) / SECOND_MS);
  const parts = { days: Math.floor(s / DAY_S), hours: Math.floor(s / HOUR_S), minutes: Math.floor(s / MINUTE_S), seconds: s };
  const left = { ...parts, hours: parts.hours % 24, seconds: String(s % MINUTE_S).padStart(2, "0") };
  if (s >= 2 * DAY_S) return filled(words.count_days, said(left));
  if (s >= HOUR_S) return filled(words.count_hours, said({ ...parts, minutes: parts.minutes % 60 }));
  return filled(s < SHORT_S ? words.count_seconds : words.count_minutes, said({ ...left, minutes: parts.minutes }));
}

const said = (values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, inDigits(value)]));

function counted(node, left_ms) {
  if (node.dataset.count === "since") return filled(words.count_since, { time: stretch(left_ms) });
  const over = left_ms < 0 && node.dataset.count === "due";
  return filled(over ? words.count_over : words.count_in, { time: stretch(Math.max(left_ms, over ? left_ms : 0)) });
}

function tick() {
  for (const each of document.querySelectorAll("[data-clock]")) show(each, timeOfDay(nowMs(), each.dataset.clock));
  for (const each of document.querySelectorAll("[data-count]")) {
    const left_ms = Number(each.dataset.ms) - nowMs();
    show(each, counted(each, left_ms));
    if (each.dataset.count === "due") each.toggleAttribute("data-late", left_ms < 0);
    if (left_ms > 0) passed.add(each);
    else if (passed.delete(each)) document.dispatchEvent(new Event("rabita:due"));
  }
}

function show(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function timers() {
  tick();
  setInterval(tick, SECOND_MS);
  document.addEventListener("rabita:live", tick);
}
