// Drawing and measuring: corners by pointer, by the map's centre or as written; how long, how large, how the guard
// judges. What is written is the one truth: drawing writes it, and it is drawn from there.

import { change, sentence, tried } from "./api.js";
import { begin } from "./begin.js";
import { filled, inDigits } from "./clock.js";
import { find, make } from "./dom.js";
import { degrees, there } from "./mapplane.js";
import { Draw, Feature, GeoJSON, getArea, getDistance, LineString, Point, Polygon } from "./openlayers.mjs";
import { words } from "./words.js";

const DEGREE = 1_000_000;
const PLACES = 4;
const QUIET_MS = 300;
const CORNERS_MIN = 3;
const CORNER = /^\s*(-?\d{1,3}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,2}(?:\.\d+)?)\s*$/;
const LATIN = /[۰-۹٠-٩]/g;

let map;
let source;
let pen;
let timer;
let asked = 0;

const box = () => find("corners");
const lines = () =>
  box()
    .value.split("\n")
    .filter((each) => each.trim());
const latin = (text) =>
  text
    .replace(LATIN, (each) => String(each.charCodeAt(0) & 0xf))
    .replaceAll("٫", ".")
    .replaceAll("،", ",");
const corners = () =>
  lines().map((each) => {
    const found = CORNER.exec(latin(each));
    return found && Math.abs(found[1]) <= 180 && Math.abs(found[2]) <= 90
      ? [Number(found[1]), Number(found[2])]
      : undefined;
  });

export function drawing(over, drawnSource) {
  [map, source] = [over, drawnSource];
  box().addEventListener("input", redraw);
  find("draw").addEventListener("click", () => (pen ? putDown() : takeUp()));
  find("add-centre").addEventListener("click", () =>
    write([...corners().filter(Boolean), degrees(map.getView().getCenter())]),
  );
  find("drop-corner").addEventListener("click", () => write(corners().filter(Boolean).slice(0, -1)));
  find("clear").addEventListener("click", () => write([]));
  find("assured")?.addEventListener("change", redraw);
  find("use")?.addEventListener("click", ({ currentTarget }) => tried(currentTarget, use));
  redraw();
}

function takeUp() {
  pen = new Draw({ source, type: "Polygon", stopClick: true });
  pen.on("drawstart", () => source.clear());
  pen.on("drawend", ({ feature }) => {
    const ring = feature.getGeometry().getCoordinates()[0].slice(0, -1);
    setTimeout(() => {
      putDown();
      write(ring.map(degrees));
    });
  });
  map.addInteraction(pen);
  find("draw").setAttribute("aria-pressed", "true");
  map.getTargetElement().toggleAttribute("data-drawing", true);
}

function putDown() {
  map.removeInteraction(pen);
  pen = undefined;
  find("draw").setAttribute("aria-pressed", "false");
  map.getTargetElement().toggleAttribute("data-drawing", false);
}

export const isDrawing = () => Boolean(pen);

function write(ring) {
  box().value = ring.map((each) => each.map((value) => value.toFixed(PLACES)).join(", ")).join("\n");
  redraw();
}

function redraw() {
  const ring = corners();
  const wrong = ring.findIndex((each) => !each);
  box().toggleAttribute("aria-invalid", false);
  if (wrong >= 0) box().setAttribute("aria-invalid", "true");
  find("corners-found").textContent = wrong >= 0 ? filled(words.map_corner, { line: inDigits(wrong + 1) }) : "";
  const sound = ring.filter(Boolean);
  source.clear();
  source.addFeatures(shapes(sound.map(there)));
  find("measured").textContent = measured(sound);
  const whole = wrong < 0 && sound.length >= CORNERS_MIN;
  if (find("use")) find("use").disabled = !whole;
  clearTimeout(timer);
  asked += 1;
  if (find("verdict")) {
    find("verdict").hidden = true;
    if (whole) timer = setTimeout(() => void judge(sound, asked), QUIET_MS);
  }
}

function shapes(points) {
  const spots = points.map((each) => new Feature(new Point(each)));
  if (points.length >= CORNERS_MIN) return [new Feature(new Polygon([[...points, points[0]]])), ...spots];
  return points.length === 2 ? [new Feature(new LineString(points)), ...spots] : spots;
}

const kilometres = (metres) => inDigits((metres / 1000).toFixed(1));

function measured(ring) {
  if (ring.length < 2) return "";
  const closed = ring.length >= CORNERS_MIN ? [...ring, ring[0]] : ring;
  const length = closed.slice(1).reduce((sum, each, at) => sum + getDistance(closed[at], each), 0);
  if (ring.length < CORNERS_MIN) return filled(words.map_length, { km: kilometres(length) });
  const area = getArea(new Polygon([closed]), { projection: "EPSG:4326" });
  return filled(words.map_area, { km: kilometres(length), area: inDigits((area / DEGREE).toFixed(1)) });
}

const micro = (ring) => ring.map((each) => each.map((value) => Math.round(value * DEGREE)));
const about = () => find("mapping").dataset;

async function judge(ring, mine) {
  const body = { line: about().line, area: micro(ring), assured: find("assured").checked };
  try {
    const told = await change("/desk/map/check", body);
    if (mine === asked) show(told);
  } catch (fault) {
    if (mine === asked) tell([make("p", {}, sentence(fault))], false);
  }
}

function show(told) {
  const parts = new GeoJSON().readFeatures(told.parts, { featureProjection: "RABITA:PLANE" });
  source.addFeatures(parts);
  const near = told.near.map(([party, km]) => make("p", {}, nearText(party, km)));
  const kinds = parts.map((each) => make("li", {}, words[`value_part_${each.get("kind")}`]));
  const mark = make(
    "span",
    { class: told.allowed ? "tag good" : "tag bad" },
    told.allowed ? words.map_allowed : words.map_refused,
  );
  tell(
    [make("p", {}, mark), make("p", {}, told.sentence), ...near, make("ul", { class: "parts" }, ...kinds)],
    told.allowed,
  );
}

function tell(nodes, allowed) {
  const box_ = find("verdict");
  box_.replaceChildren(...nodes);
  box_.toggleAttribute("data-allowed", allowed);
  box_.hidden = false;
}

function nearText(party, km) {
  const text = km ? (party ? words.map_near_claim : words.map_near) : party ? words.map_on_claim : words.map_on;
  return filled(text, { km: inDigits(km), party });
}

// Begin a draft of a notice with what is drawn; the rest of it is filled in there.
async function use() {
  const area = { area: micro(corners()), edition: about().edition };
  const assured = find("assured")?.checked ? { assured: true } : {};
  await begin(about().line, "notice", "announce", [], { fields: { areas: [area], ...assured } });
}
