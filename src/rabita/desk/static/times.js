// Times as the officer reads and writes them: their zone, calendar and digits, as desk/dates.py writes them.
//
// What is written is read in the same zone and calendar: year, month, day, hour, minute, in any of the three sets of
// digits. A year is of the calendar chosen; one of the other calendar is told apart by its size and refused.

import { inDigits, ZONES } from "./clock.js";
import { codes } from "./codes.js";
import { words } from "./words.js";

const { zone, calendar } = document.documentElement.dataset;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const SOLAR_MONTH_DAYS = 31;
const SOLAR_LONG_MONTHS = 6;
const SOLAR_YEAR_BEFORE = 621;
const YEARS = { gregorian: [1900, 2199], "solar-hijri": [1300, 1599] };
const UNITS = [
  [words.duration_days, 86_400],
  [words.duration_hours, 3_600],
  [words.duration_minutes, 60],
];
const PARTS = ["year", "month", "day", "hour", "minute", "second"];
const WRITTEN = /^(\d{3,4})\D(\d{1,2})\D(\d{1,2})\D+(\d{1,2})\D?(\d{2})(?:\D(\d{2}))?\s*$/;
const solar = calendar === "solar-hijri";
const months = codes.months[document.documentElement.lang]?.[calendar] ?? codes.months.en.gregorian;

const shape = (timeZone, named) =>
  new Intl.DateTimeFormat(`en-u-nu-latn-ca-${named}`, {
    timeZone,
    ...{ year: "numeric", month: "numeric", day: "numeric" },
    ...{ hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23" },
  });
const own = shape(ZONES[zone], solar ? "persian" : "gregory");
const utc = shape("UTC", solar ? "persian" : "gregory");

const partsOf = (format, ms) => {
  const told = Object.fromEntries(format.formatToParts(ms).map((each) => [each.type, Number(each.value)]));
  return PARTS.map((each) => told[each]);
};
const two = (value) => String(value).padStart(2, "0");
const SHOWN = zone === "Z" ? "Z" : ` ${zone}`;

export const latin = (text) =>
  text.replace(/[٠-٩۰-۹]/g, (each) => String(each.charCodeAt(0) & 0xf));

export function dayText(ms) {
  const [year, month, day] = partsOf(own, ms);
  return inDigits(`${day} ${months[month - 1]} ${year}`);
}

export function timeText(ms) {
  if (!ms) return "";
  const [, , , hour, minute] = partsOf(own, ms);
  return `${dayText(ms)} ${inDigits(`${two(hour)}:${two(minute)}`)}${SHOWN}`;
}

// A span of time in its largest whole unit.
export function duration(seconds) {
  const [unit, length] = UNITS.find(([, each]) => seconds % each === 0 && seconds >= each) ?? UNITS.at(-1);
  return unit.replace("{count}", inDigits(Math.round(seconds / length)));
}

// As it is written into a form: numbers only, seconds where there are any.
export function inputText(ms) {
  const [year, month, day, hour, minute, second] = partsOf(own, ms);
  const time = `${two(hour)}:${two(minute)}${second ? `:${two(second)}` : ""}`;
  return inDigits(`${year}-${two(month)}-${two(day)} ${time}`);
}

// What was written, in ms since 1970 UTC; undefined where it is no time.
export function readTime(text) {
  const found = WRITTEN.exec(latin(text).trim());
  if (!found) return undefined;
  const said = found.slice(1).map((each) => Number(each ?? 0));
  const [first, last] = YEARS[calendar];
  if (said[0] < first || said[0] > last) return undefined;
  const there = dayMs(said) + ((said[3] * 60 + said[4]) * 60 + said[5]) * 1_000;
  if (Number.isNaN(there)) return undefined;
  const near = there - offset(there);
  return [near, there - offset(near)].find((ms) => String(partsOf(own, ms)) === String(said));
}

// How far the zone is ahead of UTC at a moment.
function offset(ms) {
  const parts = (format) => {
    const [year, month, day, hour, minute] = partsOf(format, ms);
    return dayMs([year, month, day]) + (hour * 60 + minute) * MINUTE_MS;
  };
  return parts(own) - parts(utc);
}

// The beginning of a day as if it were in UTC. A solar year begins at the equinox, on one of three days of March.
function dayMs([year, month, day]) {
  if (!solar) return Date.UTC(year, month - 1, day);
  const long = Math.min(month - 1, SOLAR_LONG_MONTHS);
  const since = (month - 1 - long) * (SOLAR_MONTH_DAYS - 1) + long * SOLAR_MONTH_DAYS + day - 1;
  const days = [19, 20, 21, 22].map((first) => Date.UTC(year + SOLAR_YEAR_BEFORE, 2, first) + since * DAY_MS);
  return days.find((ms) => String(partsOf(utc, ms).slice(0, 3)) === String([year, month, day])) ?? NaN;
}
