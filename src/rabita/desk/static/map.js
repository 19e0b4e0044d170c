// The map's page: the ground, what both sides say over it, the table beside it, and what is chosen in either.

import { ask, say, sentence } from "./api.js";
import { filled, inDigits, nowMs } from "./clock.js";
import { find, make } from "./dom.js";
import { drawing, isDrawing } from "./mapdraw.js";
import { grid } from "./mapgrid.js";
import { drawnStyle, forgetInks, gridStyle, groundStyle, itemStyle, spreadOut } from "./maplook.js";
import { degrees, digitsFor, gridText, plane, there } from "./mapplane.js";
import { counted, isShown, time, timed } from "./maptime.js";
import { GeoJSON, interactions, Map as Chart, VectorLayer, VectorSource, View } from "./openlayers.mjs";
import { words } from "./words.js";

const HOME = [...there([60.2, 25]), ...there([64.6, 30.6])];
const RESOLUTIONS_M = { least: 5, most: 3500 };
const CLOSE_RESOLUTION = 250;
const SCALES_KM = [500, 200, 100, 50, 20, 10, 5, 2, 1, 0.5, 0.2];
const SCALE_PX = 110;
const DAY_MS = 86_400_000;
const about = find("mapping").dataset;
const read = new GeoJSON({ featureProjection: plane });

const ground = new VectorSource();
const lattice = new VectorSource();
const said = new VectorSource();
const drawn = new VectorSource();
let items = [];
let chosen = "";

const off = () =>
  new Set(
    [...document.querySelectorAll("[data-layer]")].filter((each) => !each.checked).map((each) => each.dataset.layer),
  );
let hidden = off();

const sideOf = (party) => (party ? (party === about.us ? "ours" : "theirs") : "shared");
const layerOf = { province: "base", town: "base", "crossing-point": "base", band: "band" };
const groundLayer = (feature) => layerOf[feature.get("kind")] ?? `line:${feature.get("party")}`;
const isOn = (item) =>
  !hidden.has(`said:${item.get("party")}`) && !(item.get("closed") && hidden.has("closed")) && isShown(item);

const layers = [
  new VectorLayer({
    source: ground,
    declutter: "names",
    style: (each, at) => (hidden.has(groundLayer(each)) ? [] : groundStyle(each, at)),
  }),
  new VectorLayer({ source: lattice, style: gridStyle }),
  new VectorLayer({
    source: said,
    declutter: "names",
    style: (each, at) => (isOn(each) ? itemStyle(each, at, each.getId() === chosen) : []),
  }),
  new VectorLayer({ source: drawn, style: drawnStyle }),
];
const map = new Chart({
  target: "map",
  layers,
  controls: [],
  interactions: interactions({ altShiftDragRotate: false, pinchRotate: false, onFocusOnly: false }),
  view: new View({
    projection: plane,
    minResolution: RESOLUTIONS_M.least,
    maxResolution: RESOLUTIONS_M.most,
    enableRotation: false,
    extent: [...there([55, 21]), ...there([71, 35])],
  }),
});
const view = map.getView();
const redraw = () => layers.forEach((each) => each.changed());

// What is chosen, on the map and in the table alike.

const rowOf = (id) => document.querySelector(`[data-item="${CSS.escape(id)}"]`);

function mark() {
  for (const each of document.querySelectorAll("[data-chosen]")) each.removeAttribute("data-chosen");
  rowOf(chosen)?.setAttribute("data-chosen", "");
  redraw();
}

function choose(id, aloud = true) {
  const row = rowOf(id);
  if (!row) return dismiss();
  chosen = id;
  const heads = [...row.closest("table").querySelectorAll("th")].map((each) => each.textContent);
  const cells = [...row.cells].slice(0, -1);
  const told = cells.flatMap((cell, at) => [
    make("dt", {}, heads[at]),
    make("dd", {}, ...cell.cloneNode(true).childNodes),
  ]);
  find("chosen-name").textContent = row.dataset.title;
  find("chosen-told").replaceChildren(make("dl", {}, ...told));
  find("chosen-case").href = row.dataset.case;
  find("chosen").hidden = false;
  mark();
  if (aloud) say(filled(words.map_chosen, { title: row.dataset.title }));
}

function dismiss() {
  chosen = "";
  find("chosen").hidden = true;
  mark();
}

function goTo(id) {
  const item = said.getFeatureById(id);
  if (!item) return;
  const extent = item.getGeometry().getExtent();
  view.fit(extent, { padding: [80, 80, 80, 80], minResolution: CLOSE_RESOLUTION });
  choose(id);
  find("chosen").focus({ preventScroll: true });
  find("map").scrollIntoView({ block: "center" });
}

// Reading: the items that the table lists, and what lies under them.

async function learn() {
  const asked = new URLSearchParams(location.search);
  asked.delete("tour"); // it is the page's alone
  const told = await ask(`/desk/map/items?${asked}`);
  items = read.readFeatures({ ...told, features: told.features.filter((each) => each.geometry) });
  for (const each of items) each.set("side", sideOf(each.get("party")));
  said.clear();
  said.addFeatures(items);
  timed(items);
  showTime();
  if (chosen) choose(chosen, false);
}

async function lay() {
  const told = await ask(`/desk/map/ground?line=${about.line}`);
  const found = read.readFeatures(told);
  for (const each of found) each.set("side", sideOf(each.get("party")));
  ground.addFeatures(found);
}

// What the page says beside the map.

const showTime = time(() => {
  const shown = items.filter(isOn);
  find("counted").textContent = items.length ? counted(shown.length, items.length) : "";
  const away = new Set(items.filter((each) => !isOn(each)).map((each) => each.getId()));
  for (const each of document.querySelectorAll("[data-item]")) each.hidden = away.has(each.dataset.item);
  spreadOut(shown, view.getResolution());
  redraw();
});

function moved() {
  const resolution = view.getResolution();
  find("centre").textContent = gridText(degrees(view.getCenter()), digitsFor(resolution));
  const km = SCALES_KM.find((each) => (each * 1000) / resolution <= SCALE_PX) ?? SCALES_KM.at(-1);
  find("scale-bar").style.inlineSize = `${(km * 1000) / resolution}px`;
  find("scale-text").textContent = filled(words.map_scale, { km: inDigits(km) });
  lattice.clear();
  if (!hidden.has("grid")) lattice.addFeatures(grid(view.calculateExtent(map.getSize()), resolution));
}

function switches() {
  hidden = off();
  moved();
  showTime();
}

function filters(event) {
  event.preventDefault();
  const asked = new URLSearchParams();
  const days = find("since").value;
  const from =
    days === "kept"
      ? find("since").dataset.from
      : days && String(Math.floor((nowMs() - days * DAY_MS) / DAY_MS) * DAY_MS);
  for (const [name, value] of [
    ["line", find("line")?.value],
    ["procedure", find("procedure").value],
    ["from_ms", from],
  ]) {
    if (value) asked.set(name, value);
  }
  location.assign(`/desk/map${asked.size ? `?${asked}` : ""}`);
}

function wire() {
  const zoom = (by) => view.setZoom(view.getZoom() + by);
  find("zoom-in").addEventListener("click", () => zoom(1));
  find("zoom-out").addEventListener("click", () => zoom(-1));
  find("zoom-all").addEventListener("click", () => view.fit(HOME));
  find("layers").addEventListener("change", switches);
  find("filters").addEventListener("submit", filters);
  find("chosen-close").addEventListener("click", dismiss);
  find("map-items").parentElement.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-show]");
    if (button) goTo(button.dataset.show);
  });
  map.on("moveend", moved);
  view.on("change:resolution", () => spreadOut(items.filter(isOn), view.getResolution()));
  map.on("pointermove", ({ coordinate }) => {
    find("pointer").textContent = gridText(degrees(coordinate), digitsFor(view.getResolution()));
  });
  map.on("singleclick", ({ pixel }) => {
    if (isDrawing()) return;
    const hit = map.forEachFeatureAtPixel(pixel, (each) => each.getId(), {
      layerFilter: (each) => each === layers[2],
      hitTolerance: 6,
    });
    if (hit) choose(hit);
    else dismiss();
  });
  document.addEventListener("rabita:live", () => void learn().catch(tell));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    forgetInks();
    redraw();
  });
}

function tell(fault) {
  say(sentence(fault));
}

async function start() {
  map.updateSize();
  view.fit(HOME);
  wire();
  drawing(map, drawn);
  await Promise.all([lay(), learn(), document.fonts.ready]);
  redraw();
  find("map").dataset.ready = "true";
}

start().catch(tell);
