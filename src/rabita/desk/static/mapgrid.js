// The military grid: lines of UTM every 100, 10 or 1 km, cut at the edges of their zones, and the letters of squares.

import { Feature, LineString, Point, Projection, utm } from "./openlayers.mjs";
import { degrees, gridText, there } from "./mapplane.js";

const ZONE_DEGREES = 6;
const STEPS_M = [100_000, 10_000, 1_000];
const LINES_MAX = 40;
const NAMED_PX = 64; // the least width of a square that has its own name on it
const BENDS = 24; // pieces that a line is drawn in, since it is straight in UTM and here it bends
const NORTH = 32_600;
const SOUTH = 32_700;

const zoneOf = (lon) => Math.min(60, Math.max(1, Math.floor((lon + 180) / ZONE_DEGREES) + 1));
const zones = new Map();

function zone(number, north) {
  const code = `EPSG:${(north ? NORTH : SOUTH) + number}`;
  if (!zones.has(code)) zones.set(code, utm(new Projection({ code, units: "m" })));
  const west = (number - 1) * ZONE_DEGREES - 180;
  return { ...zones.get(code), west, east: west + ZONE_DEGREES };
}

// The grid over an extent of the plane: features for lines (with whether they bound a 100 km square) and for letters.
export function grid(extent, resolution) {
  const [west, south] = degrees(extent.slice(0, 2));
  const [east, north] = degrees(extent.slice(2));
  if (!(south > -80 && north < 84 && east - west < 60)) return [];
  const step = STEPS_M.findLast(
    (each) => ((north - south) * 111_000) / each < LINES_MAX && ((east - west) * 100_000) / each < LINES_MAX,
  );
  if (!step) return [];
  const found = [];
  for (let number = zoneOf(west); number <= zoneOf(east); number += 1) {
    const here = zone(number, (south + north) / 2 >= 0);
    const box = [Math.max(west, here.west), south, Math.min(east, here.east), north];
    if (box[2] > box[0]) found.push(...zoneLines(here, box, step, step / resolution < NAMED_PX ? STEPS_M[0] : step));
  }
  return found;
}

function zoneLines(here, [west, south, east, north], step, named) {
  const corners = [west, east, (west + east) / 2].flatMap((lon) =>
    [south, north].map((lat) => here.forward([lon, lat])),
  );
  const reach = (axis, size) => {
    const values = corners.map((each) => each[axis]);
    return [Math.floor(Math.min(...values) / size) * size, Math.ceil(Math.max(...values) / size) * size];
  };
  const [eastings, northings] = [reach(0, step), reach(1, step)];
  const inside = ([lon]) => lon >= here.west && lon <= here.east;
  const lines = [];
  for (let value = eastings[0]; value <= eastings[1]; value += step) {
    lines.push(...line(here, inside, value % STEPS_M[0] === 0, (part) => [value, mix(northings, part)]));
  }
  for (let value = northings[0]; value <= northings[1]; value += step) {
    lines.push(...line(here, inside, value % STEPS_M[0] === 0, (part) => [mix(eastings, part), value]));
  }
  return [...lines, edge(here.west, south, north), ...letters(here, inside, reach(0, named), reach(1, named), named)];
}

const mix = ([from, until], part) => from + (until - from) * part;

// A line, cut to its zone.
function line(here, inside, bold, at) {
  const points = Array.from({ length: BENDS + 1 }, (_, bend) => here.inverse(at(bend / BENDS)));
  const runs = [[]];
  for (const each of points) {
    if (inside(each)) runs.at(-1).push(there(each));
    else if (runs.at(-1).length) runs.push([]);
  }
  return runs.filter((each) => each.length > 1).map((each) => new Feature({ geometry: new LineString(each), bold }));
}

const edge = (lon, south, north) =>
  new Feature({ geometry: new LineString([there([lon, south]), there([lon, north])]), bold: true });

// The name of each square in its middle: its letters, and below 100 km its digits.
function letters(here, inside, eastings, northings, step) {
  const digits = STEPS_M.indexOf(step);
  const named = [];
  for (let x = eastings[0]; x < eastings[1]; x += step) {
    for (let y = northings[0]; y < northings[1]; y += step) {
      const middle = here.inverse([x + step / 2, y + step / 2]);
      if (inside(middle)) {
        const text = gridText(middle, digits)
          .split(" ")
          .slice(digits ? 2 : 1)
          .join(" ");
        named.push(new Feature({ geometry: new Point(there(middle)), text }));
      }
    }
  }
  return named;
}
