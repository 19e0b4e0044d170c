// The settings: each choice is kept at once. What changes how pages are written shows by loading this one anew.

import { change, say, tried } from "./api.js";
import { find } from "./dom.js";
import { words } from "./words.js";

const SHOWN_AT_ONCE = ["theme", "letters"];

find("settings").addEventListener("change", ({ target }) =>
  tried(target, async () => {
    await change("/desk/preferences", { [target.name]: target.value });
    if (!SHOWN_AT_ONCE.includes(target.name)) return location.reload();
    document.documentElement.dataset[target.name] = target.value;
    say(words.settings_kept);
    target.disabled = false;
    target.focus();
  }),
);
find("settings").inert = false; // a choice before this script had come would not be kept
