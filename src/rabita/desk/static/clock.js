// The node's time: what is counted on a page is counted by its clock, in the reader's zone and digits.

export const ZONES = { Z: "UTC", PKT: "Asia/Karachi", IRST: "Asia/Tehran" };
const EASTERN = "۰۱۲۳۴۵۶۷۸۹";
const { now, digits, zone } = document.body.dataset;
const ahead_ms = Number(now) - Date.now();

export const nowMs = () => Date.now() + ahead_ms;

export const inDigits = (text) =>
  digits === "eastern" ? String(text).replaceAll(/\d/g, (each) => EASTERN[each]) : String(text);

// The time of day to the minute, in a zone.
export function timeOfDay(ms, name = zone) {
  const how = { timeZone: ZONES[name], hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return inDigits(new Intl.DateTimeFormat("en-GB", how).format(ms));
}

// The same with the zone, as it stands beside every time.
export const timeHere = (ms) => (zone === "Z" ? `${timeOfDay(ms)}Z` : `${timeOfDay(ms)} ${zone}`);

// Put values into a sentence at their names.
export const filled = (text, values) => text.replaceAll(/\{(\w+)\}/g, (_, name) => values[name]);
