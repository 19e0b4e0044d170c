// Drawing and measuring: corners by pointer, by the map's centre or as written; how long, how large, how the guard
// judges. What is written is the one truth: drawing writes it, and it is drawn from there.

import { change, sentence } from "./api.js";
import { filled, inDigits } from "./clock.js";
import { make } from "./dom.js";
import { degrees, there } from "./mapplane.js";
import { Draw, Feature, GeoJSON, getArea, getDistance, LineString, Point, Polygon } from "./openlayers.mjs";
import { words } from "./words.js";

const DEGREE = 1_000_000;
const PLACES = 4;
const QUIET_MS = 300;
const CORNERS_MIN = 3;
const CORNER = /^\s*(-?\d{1,3}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,2}(?:\.\d+)?)\s*$/;
const LATIN = /[۰-۹٠-٩]/g;

const latin = (text) =>
  text
    .replace(LATIN, (each) => String(each.charCodeAt(0) & 0xf))
    .replaceAll("٫", ".")
    .replaceAll("،", ",");

// The corners that are written, one on each line, undefined for a line that is none.
function cornersOf(text) {
  const lines = text.split("\n").filter((each) => each.trim());
  return lines.map((each) => {
    const found = CORNER.exec(latin(each));
    return found && Math.abs(found[1]) <= 180 && Math.abs(found[2]) <= 90
      ? [Number(found[1]), Number(found[2])]
      : undefined;
  });
}

const micro = (ring) => ring.map((each) => each.map((value) => Math.round(value * DEGREE)));

// Draw on a map into a source. *parts* are the nodes: `corners` (a text area), `wrong`, `measured`, `verdict` (none where
// nothing is judged), the buttons `draw`, `centre`, `drop`, `clear`; `changed` is told of every change whether the area
// is whole. *about* gives what the guard is asked beside the area.
export function drawing(map, source, parts, about) {
  let pen;
  let timer;
  let asked = 0;
  const corners = () => cornersOf(parts.corners.value);
  const sound = () => corners().filter(Boolean);

  const write = (ring) => {
    parts.corners.value = ring.map((each) => each.map((value) => value.toFixed(PLACES)).join(", ")).join("\n");
    parts.corners.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const putDown = () => {
    map.removeInteraction(pen);
    pen = undefined;
    parts.draw.setAttribute("aria-pressed", "false");
    map.getTargetElement().toggleAttribute("data-drawing", false);
  };

  const takeUp = () => {
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
    parts.draw.setAttribute("aria-pressed", "true");
    map.getTargetElement().toggleAttribute("data-drawing", true);
  };

  const judge = async (ring, mine) => {
    try {
      const told = await change("/desk/map/check", { ...about(), area: micro(ring) });
      if (mine === asked) show(told, source, parts.verdict);
    } catch (fault) {
      if (mine === asked) tell(parts.verdict, [make("p", {}, sentence(fault))], false);
    }
  };

  const redraw = () => {
    const ring = corners();
    const wrong = ring.findIndex((each) => !each);
    if (wrong >= 0) parts.corners.setAttribute("aria-invalid", "true");
    else parts.corners.removeAttribute("aria-invalid");
    parts.wrong.textContent = wrong >= 0 ? filled(words.map_corner, { line: inDigits(wrong + 1) }) : "";
    source.clear();
    source.addFeatures(shapes(sound().map(there)));
    parts.measured.textContent = measured(sound());
    const whole = wrong < 0 && ring.length >= CORNERS_MIN;
    parts.changed?.(whole);
    clearTimeout(timer);
    asked += 1;
    if (!parts.verdict) return;
    parts.verdict.hidden ||= !whole;
    parts.verdict.toggleAttribute("data-waiting", true); // it keeps its room: nothing moves away from under a press
    if (whole) timer = setTimeout(() => void judge(ring, asked), QUIET_MS);
  };

  parts.corners.addEventListener("input", redraw);
  parts.draw.addEventListener("click", () => (pen ? putDown() : takeUp()));
  parts.centre.addEventListener("click", () => write([...sound(), degrees(map.getView().getCenter())]));
  parts.drop.addEventListener("click", () => write(sound().slice(0, -1)));
  parts.clear.addEventListener("click", () => write([]));
  redraw();
  return { redraw, isDown: () => Boolean(pen), area: () => micro(corners()) };
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

// Show what was judged: whose soil, how near the line; the verdict itself where there is one.
function show(told, source, verdict) {
  const parts = new GeoJSON().readFeatures(told.parts, { featureProjection: "RABITA:PLANE" });
  source.addFeatures(parts);
  const near = told.near.map(([party, km]) => make("p", {}, nearText(party, km)));
  const kinds = parts.map((each) => make("li", {}, words[`value_part_${each.get("kind")}`]));
  const tag = { class: told.allowed ? "tag good" : "tag bad" };
  const mark = make("span", tag, told.allowed ? words.map_allowed : words.map_refused);
  const judged = told.code ? [make("p", {}, mark), make("p", {}, told.sentence)] : [];
  tell(verdict, [...judged, ...near, make("ul", { class: "parts" }, ...kinds)], told.allowed);
}

function tell(verdict, nodes, allowed) {
  verdict.replaceChildren(...nodes);
  verdict.toggleAttribute("data-allowed", allowed);
  verdict.toggleAttribute("data-waiting", false);
  verdict.hidden = false;
}

function nearText(party, km) {
  const text = km ? (party ? words.map_near_claim : words.map_near) : party ? words.map_on_claim : words.map_on;
  return filled(text, { km: inDigits(km), party });
}
