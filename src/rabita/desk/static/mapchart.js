// A map over the ground that needs no network: provinces, towns, the line and territory as each side draws them, the
// band in which the map cannot tell. The map page and the areas of a form stand on it.

import { ask } from "./api.js";
import { there, plane } from "./mapplane.js";
import { GeoJSON, interactions, Map as Chart, View } from "./openlayers.mjs";

const HOME = [...there([60.2, 25]), ...there([64.6, 30.6])];
const RESOLUTIONS_M = { least: 5, most: 3500 };

export const read = new GeoJSON({ featureProjection: plane });
export const sideOf = (party, us) => (party ? (party === us ? "ours" : "theirs") : "shared");

// *onFocusOnly*: the wheel and a drag move the page until the map has the focus.
export function chart(target, layers, onFocusOnly = false) {
  return new Chart({
    target,
    layers,
    controls: [],
    interactions: interactions({ altShiftDragRotate: false, pinchRotate: false, onFocusOnly }),
    view: new View({
      projection: plane,
      minResolution: RESOLUTIONS_M.least,
      maxResolution: RESOLUTIONS_M.most,
      enableRotation: false,
      extent: [...there([55, 21]), ...there([71, 35])],
    }),
  });
}

// Buttons that zoom, and the whole map at first.
export function zooming(view, nearer, farther, whole) {
  const zoom = (by) => view.setZoom(view.getZoom() + by);
  nearer.addEventListener("click", () => zoom(1));
  farther.addEventListener("click", () => zoom(-1));
  whole.addEventListener("click", () => view.fit(HOME));
  view.fit(HOME);
}

// What lies under the map of a line, each feature with the side that says it.
export async function groundOf(line, us) {
  const found = read.readFeatures(await ask(`/desk/map/ground?line=${line}`));
  for (const each of found) each.set("side", sideOf(each.get("party"), us));
  return found;
}
