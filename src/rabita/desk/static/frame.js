// What is on every page: clocks and timers, live parts, the keyboard, the menu where there is little room, the language.

import { change, tried } from "./api.js";
import { find } from "./dom.js";
import { keys } from "./keys.js";
import { live } from "./live.js";
import { timers } from "./timers.js";

function menu() {
  const button = find("menu-button");
  button?.addEventListener("click", () => {
    const open = find("menu").toggleAttribute("data-open");
    button.setAttribute("aria-expanded", String(open));
  });
}

// A menu that is longer than the window shows the page that is open, as near its middle as can be.
function here() {
  const side = document.querySelector(".side");
  const at = side?.querySelector("[aria-current]");
  if (at) side.scrollTop = at.offsetTop - side.clientHeight / 2;
}

function languages() {
  for (const each of document.querySelectorAll("[data-language]")) {
    each.addEventListener("click", () =>
      tried(each, async () => {
        await change("/desk/preferences", { language: each.dataset.language });
        location.reload();
      }),
    );
  }
}

live(); // first: it keeps the parts as the node gave them
timers();
keys();
menu();
here();
languages();
