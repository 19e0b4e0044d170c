// The tour: shows which part of the page a step is about, and ends without losing what was written. It goes by links.

import { find } from "./dom.js";

const panel = find("tour");

// Live parts are replaced as they change; the mark moves on to what came in their place.
function mark() {
  for (const each of document.querySelectorAll("[data-toured]")) each.removeAttribute("data-toured");
  const part = find(panel.dataset.mark);
  part?.setAttribute("data-toured", "");
  return part;
}

function end() {
  document.removeEventListener("keydown", escape);
  document.removeEventListener("rabita:live", mark);
  const alone = new URL(location.href);
  alone.searchParams.delete("tour");
  history.replaceState(null, "", alone);
  panel.dataset.mark = "";
  mark();
  panel.remove();
  find("main").focus({ preventScroll: true });
}

// Within a dialog Esc closes that.
function escape(event) {
  if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]")) end();
}

if (panel) {
  mark()?.scrollIntoView({ block: "nearest" });
  panel.focus({ preventScroll: true });
  document.addEventListener("keydown", escape);
  document.addEventListener("rabita:live", mark);
  find("tour-stop").addEventListener("click", end);
}
