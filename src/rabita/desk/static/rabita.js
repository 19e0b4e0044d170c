// What a page's frame does, and how a page begins that asks the API for what it shows. Every page loads this, and of the
// rest only what it needs itself: see SHELLS in desk/shells.py.

import { change, say, sentence, tried, whoami } from "./api.js";
import { find } from "./dom.js";

const UNAUTHORIZED = 401;

// Begin the page of this name, if it is the one that is open: for anyone, or with whoever is signed in.
export const startOpen = (name, run) =>
  document.body.dataset.page === name &&
  (async () => run())().catch((fault) => {
    say(sentence(fault));
    find("enter").hidden = fault.status !== UNAUTHORIZED;
  });
export const start = (name, run) => startOpen(name, async () => run(await whoami()));

// The address names a draft after its #, so the link to the page's main part goes there without it.
function skip(event) {
  event.preventDefault();
  find("main").focus();
}

async function leave() {
  await change("/access/sign-out");
  location.assign("/sign-in");
}

document.querySelector(".skip").addEventListener("click", skip);
find("sign-out")?.addEventListener("click", ({ currentTarget }) => tried(currentTarget, leave));
