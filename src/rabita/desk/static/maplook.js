// How things on the map look: colours and letters of the page itself, so that themes and languages hold here too.
// The two sides are told apart by colour and by stroke: ours is drawn through, theirs broken, what both share dotted.

import { CircleStyle, Fill, Icon, Point, Stroke, Style, Text } from "./openlayers.mjs";

const LAND = "light-dark(#f7f5ee, #222c2b)";
const LAND_EDGE = "light-dark(#b9b4a3, #46524f)";
const BAND = "light-dark(rgb(226 190 84 / 38%), rgb(190 150 50 / 26%))";
const GRID = "light-dark(rgb(60 80 95 / 40%), rgb(170 190 205 / 34%))";
const DASHES = { ours: [], theirs: [9, 6], shared: [2, 5] };
const WIDTHS = { ours: 2, theirs: 2, shared: 3 };
const INKS = { ours: "var(--main)", theirs: "var(--stays)", shared: "var(--leaves)" };
const TOWN_RESOLUTIONS = { 1: 2200, 2: 900, 3: 450 };
const NAME_RESOLUTION = 1600;
const LABEL_RESOLUTION = 700;
const SYMBOL_SCALE = 0.95;
const NEAR_PX = 26;
const SPREAD_PX = 32;
const ROW = 4;

const probe = document.createElement("span");
probe.hidden = true;
let known = new Map();

// A colour as the page has it now.
export function ink(name) {
  if (!known.has(name)) {
    if (!probe.isConnected) document.body.append(probe);
    probe.style.color = name;
    known.set(name, getComputedStyle(probe).color);
  }
  return known.get(name);
}

export function forgetInks() {
  known = new Map();
}

function faded(name, part) {
  const [red, green, blue] = ink(name).match(/[\d.]+/g);
  return `rgba(${red}, ${green}, ${blue}, ${part})`;
}

const family = getComputedStyle(document.body).fontFamily;
const letters = (size, weight = "") => `${weight} ${size}px ${family}`.trim();

const words = (
  text,
  { size = 13, weight, dy = 0, dx = 0, colour = "var(--ink)", overflow = true, declutterMode } = {},
) =>
  new Text({
    text,
    font: letters(size, weight),
    fill: new Fill({ color: ink(colour) }),
    stroke: new Stroke({ color: ink("var(--card)"), width: 4 }),
    offsetX: dx,
    offsetY: dy,
    overflow,
    declutterMode,
    padding: [2, 4, 2, 4],
  });

const stroke = (colour, width, lineDash = []) => new Stroke({ color: ink(colour), width, lineDash });

const GROUND = {
  province: (feature, resolution) => [
    new Style({
      fill: new Fill({ color: ink(LAND) }),
      stroke: stroke(LAND_EDGE, 1),
      text:
        resolution < NAME_RESOLUTION
          ? words(feature.get("name"), { colour: "var(--soft)", overflow: false })
          : undefined,
    }),
  ],
  band: () => [new Style({ fill: new Fill({ color: ink(BAND) }) })],
  territory: (feature) => [new Style({ stroke: stroke(INKS[feature.get("side")], 1, [1, 3]) })],
  line: (feature) => [LINES[feature.get("side")]()],
  town: (feature, resolution) =>
    resolution > TOWN_RESOLUTIONS[feature.get("size")]
      ? []
      : [spot(3, "var(--soft)", words(feature.get("name"), { dy: -13 }))],
  "crossing-point": (feature, resolution) => [
    spot(4, "var(--ink)", resolution < LABEL_RESOLUTION ? words(feature.get("name"), { dy: 14, size: 12 }) : undefined),
  ],
};

// Where both draw the same line, theirs lies narrow and broken upon ours, so that both are seen.
const LINES = {
  ours: () => new Style({ stroke: stroke(INKS.ours, 4.5), zIndex: 1 }),
  theirs: () => new Style({ stroke: stroke(INKS.theirs, 2.5, DASHES.theirs), zIndex: 2 }),
};

const spot = (radius, colour, text) =>
  new Style({
    image: new CircleStyle({ radius, fill: new Fill({ color: ink("var(--card)") }), stroke: stroke(colour, 2) }),
    text,
  });

export const groundStyle = (feature, resolution) => GROUND[feature.get("kind")](feature, resolution);

export const gridStyle = (feature) =>
  feature.get("text") === undefined
    ? new Style({ stroke: new Stroke({ color: ink(GRID), width: feature.get("bold") ? 1.6 : 0.7 }) })
    : new Style({
        text: new Text({
          text: feature.get("text"),
          font: "bold 12px monospace",
          fill: new Fill({ color: ink("var(--soft)") }),
        }),
      });

const middle = (geometry) =>
  geometry.getType() === "Point" ? geometry : new Point(geometry.getInteriorPoints().getFirstCoordinate().slice(0, 2));

// What a side says: its area in its stroke, its picture, and whose it is in letters; the chosen one stands out.
export function itemStyle(feature, resolution, chosen) {
  const side = feature.get("side");
  const colour = INKS[side];
  const styles = [];
  if (feature.getGeometry().getType() !== "Point") {
    styles.push(
      new Style({
        fill: new Fill({ color: faded(colour, chosen ? 0.32 : 0.14) }),
        stroke: new Stroke({ color: ink(colour), width: chosen ? 4 : WIDTHS[side], lineDash: DASHES[side] }),
        zIndex: side === "shared" ? 1 : 0,
      }),
    );
  }
  if (feature.get("verdict") === "shared") return styles;
  const [right, down] = feature.get("shift") ?? [0, 0];
  const party = feature.get("party").replace(/^X-/, "");
  const titled = chosen || (resolution < LABEL_RESOLUTION && !feature.get("shift"));
  const label = [party, titled ? feature.get("title") : ""].filter(Boolean).join(" · ");
  styles.push(
    new Style({
      geometry: (each) => middle(each.getGeometry()),
      image: new Icon({
        src: new URL(`symbol-${feature.get("symbol")}.svg`, import.meta.url).href,
        scale: chosen ? 1.25 : SYMBOL_SCALE,
        displacement: [right, -down],
        declutterMode: "obstacle",
      }),
      text: label
        ? words(label, { dx: right, dy: down + 25, size: 12, weight: "bold", colour, declutterMode: "obstacle" })
        : undefined,
      zIndex: chosen ? 3 : 2,
    }),
  );
  return styles;
}

// Pictures that would lie upon each other stand side by side: how far each is moved, in pixels.
export function spreadOut(items, resolution) {
  const groups = [];
  for (const each of items.filter((one) => one.get("verdict") !== "shared")) {
    const at = middle(each.getGeometry()).getCoordinates();
    const near = (group) => Math.hypot(group.at[0] - at[0], group.at[1] - at[1]) < NEAR_PX * resolution;
    const group = groups.find(near) ?? groups[groups.push({ at, items: [] }) - 1];
    group.items.push([each, at]);
  }
  for (const { at, items: some } of groups) {
    for (const [number, [each, own]] of some.entries()) {
      const place = (number % ROW) - (Math.min(ROW, some.length) - 1) / 2;
      const shift = [
        place * SPREAD_PX + (at[0] - own[0]) / resolution,
        Math.floor(number / ROW) * (SPREAD_PX + 12) - (at[1] - own[1]) / resolution,
      ];
      each.set("shift", some.length > 1 ? shift : undefined, true);
    }
  }
}

const PARTS = {
  own: ["var(--leaves)", []],
  other: ["var(--wrong)", [9, 6]],
  both: ["var(--wrong)", [3, 3]],
  outside: ["var(--wrong)", [1, 4]],
  band: ["var(--stays)", [2, 5]],
};

// What is drawn here, and its parts as the guard sees them.
export function drawnStyle(feature) {
  const [colour, dash] = PARTS[feature.get("kind")] ?? ["var(--ink)", []];
  const shape = new Style({
    fill: new Fill({ color: faded(colour, 0.2) }),
    stroke: new Stroke({ color: ink(colour), width: 2.5, lineDash: dash }),
  });
  return feature.getGeometry().getType() === "Point" ? spot(4, "var(--ink)") : shape;
}
