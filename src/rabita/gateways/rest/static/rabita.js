// The officers' pages: what each of them does. Scripts write text only, never markup, and ask this node alone.

import { say, sentence, tried, whoami } from "./api.js";
import { draft } from "./draft.js";
import { drafts } from "./drafts.js";
import { button, find, make, plain } from "./dom.js";
import { enrol, leave, sessions, signIn } from "./entering.js";
import { officers } from "./officers.js";
import { release } from "./release.js";
import { review } from "./review.js";
import { words } from "./words.js";

const OPEN = { sign_in: signIn, enrol };
const PAGES = { home, drafts, draft, review, release, officers, sessions };
// What one does where, as policies call it: the menu shows where the asker may do something.
const PLACES = [
  ["drafts", "/desk/drafts", ["draft", "review-personal-data", "approve-consent"]],
  ["review", "/desk/review", ["review", "review-personal-data"]],
  ["release", "/desk/release", ["release", "approve-consent"]],
  ["officers", "/desk/officers", ["see-officers"]],
  ["sessions", "/sessions", []],
];
const page = document.body.dataset.page;

const placesOf = (who) =>
  PLACES.filter(([, , actions]) => !actions.length || actions.some((each) => who.may.includes(each)));

function menu(who) {
  const links = placesOf(who).map(([name, path]) =>
    make("li", {}, make("a", { href: path, "aria-current": name === page && "page" }, words[`${name}_title`])),
  );
  const out = button(words.sign_out, (node) => tried(node, leave));
  find("menu").replaceChildren(make("ul", {}, ...links, make("li", {}, out)));
}

async function home(who) {
  const held = [...who.roles, ...who.posts].length ? who.roles.map(plain).join(", ") : words.home_no_roles;
  const posts = who.posts.length ? ` (${who.posts.join(", ")})` : "";
  find("who").replaceChildren(make("bdi", {}, who.name), ` — ${held}${posts}`);
  const places = placesOf(who).map(([name, path]) =>
    make("li", {}, make("a", { href: path }, words[`${name}_title`]), make("p", {}, words[`${name}_lead`])),
  );
  find("places").replaceChildren(...places);
}

// The address names a draft after its #, so the link to the page's main part goes there without it.
function skip(event) {
  event.preventDefault();
  find("main").focus();
}

async function start() {
  document.querySelector(".skip").addEventListener("click", skip);
  if (OPEN[page]) return OPEN[page]();
  const who = await whoami();
  menu(who);
  return PAGES[page](who);
}

start().catch((fault) => {
  say(sentence(fault));
  find("enter").hidden = fault.status !== 401;
});
