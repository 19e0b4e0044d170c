// Marks the false friends in the words of an entry and of its translations, for whoever reads them.

import { find } from "./dom.js";
import { mark } from "./hints.js";

void mark(find("main"));
