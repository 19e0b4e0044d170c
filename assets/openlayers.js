// What the map page needs of OpenLayers and mgrs, and nothing more. Controls, text in markup and WebGL are left out:
// the pages run under a policy that forbids them, and the page has buttons and words of its own.

export { forward as gridReference } from "mgrs";
export { default as Feature } from "ol/Feature.js";
export { default as Map } from "ol/Map.js";
export { default as View } from "ol/View.js";
export { default as GeoJSON } from "ol/format/GeoJSON.js";
export { default as LineString } from "ol/geom/LineString.js";
export { default as Point } from "ol/geom/Point.js";
export { default as Polygon } from "ol/geom/Polygon.js";
export { default as Draw } from "ol/interaction/Draw.js";
export { defaults as interactions } from "ol/interaction/defaults.js";
export { default as VectorLayer } from "ol/layer/Vector.js";
export { addCoordinateTransforms, addProjection } from "ol/proj.js";
export { default as Projection } from "ol/proj/Projection.js";
export { makeTransforms as utm } from "ol/proj/utm.js";
export { default as VectorSource } from "ol/source/Vector.js";
export { getArea, getDistance } from "ol/sphere.js";
export { default as CircleStyle } from "ol/style/Circle.js";
export { default as Fill } from "ol/style/Fill.js";
export { default as Icon } from "ol/style/Icon.js";
export { default as Stroke } from "ol/style/Stroke.js";
export { default as Style } from "ol/style/Style.js";
export { default as Text } from "ol/style/Text.js";
