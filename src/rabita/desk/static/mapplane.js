// The plane the map is drawn in: longitude and latitude as they are, each at its true length on the middle parallel. So
// an edge is straight here where acts have it straight (RFC 7946), and what is drawn is what the guard judges.

import { addCoordinateTransforms, addProjection, gridReference, Projection } from "./openlayers.mjs";

const METRES_PER_DEGREE = 111_319.49;
const MIDDLE_LATITUDE = 28;
const GRID_NORTH = 84;
const GRID_SOUTH = -80;
const width = METRES_PER_DEGREE * Math.cos((MIDDLE_LATITUDE * Math.PI) / 180);

export const there = ([lon, lat]) => [lon * width, lat * METRES_PER_DEGREE];
export const degrees = ([x, y]) => [x / width, y / METRES_PER_DEGREE];
export const plane = new Projection({
  code: "RABITA:PLANE",
  units: "m",
  extent: [...there([-180, -90]), ...there([180, 90])],
  getPointResolution: (resolution) => resolution,
});
addProjection(plane);
addCoordinateTransforms("EPSG:4326", plane, there, degrees);

// A place in MGRS, with as many digits each of easting and northing as a pixel is worth.
export function gridText(at, digits) {
  const [lon, lat] = at;
  if (!(lat >= GRID_SOUTH && lat <= GRID_NORTH && Math.abs(lon) <= 180)) return "";
  const text = gridReference([lon, lat], digits);
  const split = text.length - 2 * digits;
  return [
    text.slice(0, split - 2),
    text.slice(split - 2, split),
    text.slice(split, split + digits),
    text.slice(split + digits),
  ]
    .filter(Boolean)
    .join(" ");
}

// Five digits are a metre, none a hundred kilometres.
export const digitsFor = (resolution) =>
  Math.max(0, Math.min(5, 5 - Math.ceil(Math.log10(Math.max(resolution, 1) * 3))));
