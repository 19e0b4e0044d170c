// The map's page: the ground, what both sides say over it, the table beside it, and what is chosen in either.

import { ask, say, sentence, tried } from "./api.js";
import { begin } from "./begin.js";
import { filled, inDigits, nowMs } from "./clock.js";
import { find, make } from "./dom.js";
import { chart, groundOf, read, sideOf, zooming } from "./mapchart.js";
import { drawing } from "./mapdraw.js";
import { grid } from "./mapgrid.js";
import { drawnStyle, forgetInks, gridStyle, groundStyle, itemStyle, spreadOut } from "./maplook.js";
import { degrees, digitsFor, gridText } from "./mapplane.js";
import { counted, isShown, time, timed } from "./maptime.js";
import { VectorLayer, VectorSource } from "./openlayers.mjs";
import { words } from "./words.js";

const CLOSE_RESOLUTION = 250;
const SCALES_KM = [500, 200, 100, 50, 20, 10, 5, 2, 1, 0.5, 0.2];
const SCALE_PX = 110;
const DAY_MS = 86_400_000;
const about = find("mapping").dataset;

const ground = new VectorSource();
const lattice = new VectorSource();
const said = new VectorSource();
const drawn = new VectorSource();
let items = [];
let pen;
let chosen = "";

const off = () =>
  new Set(
    [...document.querySelectorAll("[data-layer]")].filter((each) => !each.checked).map((each) => each.dataset.layer),
  );
let hidden = off();

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
const map = chart("map", layers);
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
  for (const each of items) each.set("side", sideOf(each.get("party"), about.us));
  said.clear();
  said.addFeatures(items);
  timed(items);
  showTime();
  if (chosen) choose(chosen, false);
}

async function lay() {
  ground.addFeatures(await groundOf(about.line, about.us));
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
  zooming(view, find("zoom-in"), find("zoom-out"), find("zoom-all"));
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
    if (pen.isDown()) return;
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

const parts = () => ({
  corners: find("corners"),
  wrong: find("corners-found"),
  measured: find("measured"),
  verdict: find("verdict"),
  draw: find("draw"),
  centre: find("add-centre"),
  drop: find("drop-corner"),
  clear: find("clear"),
  changed: (whole) => find("use") && (find("use").disabled = !whole),
});

// Begin a draft of a notice with what is drawn; the rest of it is filled in there.
async function use() {
  const area = { area: pen.area(), edition: about.edition };
  const assured = find("assured")?.checked ? { assured: true } : {};
  await begin(about.line, "notice", "announce", [], { fields: { areas: [area], ...assured } });
}

async function start() {
  map.updateSize();
  pen = drawing(map, drawn, parts(), () => ({ line: about.line, assured: find("assured")?.checked }));
  wire();
  find("assured")?.addEventListener("change", () => pen.redraw());
  find("use")?.addEventListener("click", ({ currentTarget }) => tried(currentTarget, use));
  await Promise.all([lay(), learn(), document.fonts.ready]);
  redraw();
  find("map").dataset.ready = "true";
}

start().catch(tell);
