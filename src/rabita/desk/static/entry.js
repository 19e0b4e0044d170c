// Marks the false friends in the words of an entry and of its translations, and looks again while a file is on its way.

import { find } from "./dom.js";
import { mark } from "./hints.js";

const LOOK_MS = 2000;

void mark(find("main"));
setInterval(() => {
  if (document.querySelector("[data-coming]")) document.dispatchEvent(new Event("rabita:due"));
}, LOOK_MS);
