// The map beside an area's corners in a form: the area as it is written, the line, the band, whose soil it is, what the
// guard says. The written corners stay the one truth, and all that the map does is done by keyboard too.

import { code, find, make } from "./dom.js";
import { lines } from "./lines.js";
import { chart, groundOf, zooming } from "./mapchart.js";
import { drawing } from "./mapdraw.js";
import { drawnStyle, forgetInks, groundStyle } from "./maplook.js";
import { degrees, digitsFor, gridText } from "./mapplane.js";
import { VectorLayer, VectorSource } from "./openlayers.mjs";
import { words } from "./words.js";

const CLOSE_RESOLUTION = 150;
const PADDING = [36, 36, 36, 36];

let grounds; // asked once for all areas of a form

async function groundHere(line) {
  const { us } = (await lines()).find((each) => each.line === line);
  return groundOf(line, us);
}

const press = (text) => make("button", { type: "button", class: "small" }, text);
const named = (sign, name) => make("button", { type: "button", "aria-label": name }, sign);

// Make the map, its buttons and what is told of the area; placed after the field of the corners.
function drawn(textarea) {
  const id = `${textarea.id}.map`;
  const nodes = {
    map: make("div", {
      ...{ id, class: "map", tabindex: "0", role: "application" },
      ...{ "aria-label": words.map_itself, "aria-describedby": `${id}-help` },
    }),
    nearer: named("+", words.map_nearer),
    farther: named("−", words.map_farther),
    whole: named("⤢", words.map_whole),
    help: make("p", { id: `${id}-help`, class: "help" }, words.map_help),
    place: make("p", { class: "help" }),
    draw: make("button", { type: "button", class: "small", "aria-pressed": "false" }, words.map_draw),
    centre: press(words.map_centre),
    drop: press(words.map_drop),
    clear: press(words.map_clear),
    wrong: make("p", { class: "refuses", role: "status" }),
    measured: make("p", { role: "status" }),
    verdict: make("div", { class: "verdict", role: "status", hidden: true }),
  };
  const { map, nearer, farther, whole, help, place, draw, centre, drop, clear, wrong, measured, verdict } = nodes;
  textarea.closest(".field").after(
    make(
      "div",
      { class: "area" },
      make("div", { class: "frame" }, map, make("div", { class: "zoom" }, nearer, farther, whole)),
      ...[place, help, make("div", { class: "deeds" }, draw, centre, drop, clear), wrong, measured, verdict],
    ),
  );
  return nodes;
}

// *about*: the line, whether the guard judges areas of the act (`guards`), and what else it looks at (`stated`).
export async function beside(textarea, { line, guards, stated }) {
  const nodes = drawn(textarea);
  const [ground, source] = [new VectorSource(), new VectorSource()];
  const layers = [
    new VectorLayer({ source: ground, declutter: "names", style: groundStyle }),
    new VectorLayer({ source, style: drawnStyle }),
  ];
  const map = chart(nodes.map, layers, true);
  const view = map.getView();
  map.updateSize();
  zooming(view, nodes.nearer, nodes.farther, nodes.whole);
  map.on("moveend", () => {
    const place = gridText(degrees(view.getCenter()), digitsFor(view.getResolution()));
    nodes.place.replaceChildren(`${words.map_middle} `, code(place));
  });
  const asked = () => ({ line, announces: guards, ...(guards ? whatCounts(stated()) : {}) });
  const pen = drawing(map, source, { ...nodes, corners: textarea }, asked);
  find("writing").addEventListener("change", ({ target }) => {
    if (target !== textarea && textarea.isConnected) pen.redraw();
  });
  textarea.addEventListener("input", () => look(view, source, map.getSize()));
  look(view, source, map.getSize());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    forgetInks();
    layers.forEach((each) => each.changed());
  });
  grounds ??= groundHere(line);
  const [found] = await Promise.all([grounds, document.fonts.ready]);
  ground.addFeatures(found.map((each) => each.clone()));
  nodes.map.dataset.ready = "true";
}

// A time that is not whole yet is left out, and so is what no act is named by.
function whatCounts({ window, assured = false, basis = [] }) {
  const whole = window?.start_ms && window.end_ms >= window.start_ms;
  return { assured, basis, ...(whole ? { window } : {}) };
}

// Bring the area into sight where it is not.
function look(view, source, size) {
  const extent = source.getExtent();
  if (!source.getFeatures().length) return;
  const seen = view.calculateExtent(size);
  const inside = extent[0] >= seen[0] && extent[1] >= seen[1] && extent[2] <= seen[2] && extent[3] <= seen[3];
  const small = extent[2] - extent[0] < (seen[2] - seen[0]) / 8;
  if (!inside || small) view.fit(extent, { padding: PADDING, minResolution: CLOSE_RESOLUTION });
}
